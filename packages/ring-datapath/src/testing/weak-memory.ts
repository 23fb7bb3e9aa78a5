/** A step of a thread: it reads and writes through the view and says which step is next; -1 ends the thread. */
export type Step = (memory: ThreadView, registers: number[]) => number

/** Memory as one thread sees it. */
export interface ThreadView {
  /** A load that is done now, and before everything that the thread does later: `Atomics.load`. */
  load(address: number): number
  /** A plain load into a register: it is done at any later time, up to the thread's next `settle`. */
  late(address: number, register: number): void
  /** A plain store: it waits in the thread's buffer and may become visible after later ones to other addresses. */
  store(address: number, value: number): void
  /** A store that becomes visible after everything that the thread has stored and loaded before. */
  release(address: number, value: number): void
  /** A store that everything later of the thread comes after as well, its loads too: `Atomics.store`. */
  sync(address: number, value: number): void
  /** `Atomics.add`; what was there. */
  add(address: number, value: number): number
  /** Waits until the thread's plain loads are done. The first thing of its step. */
  settle(): void
}

interface Pending {
  readonly kind: 'store' | 'release' | 'load'
  readonly address: number
  /** Of a load, the register. */
  readonly value: number
}

interface State {
  readonly memory: number[]
  readonly buffers: Pending[][]
  readonly places: number[]
  readonly registers: number[][]
}

/** Thrown by what has to wait; the step is not taken. */
const BLOCKED = new Error('blocked')

/**
 * Every execution of a few threads on a machine with store buffers and late loads: at each point any thread may take its next step, or
 * anything pending that is allowed to may happen. A plain store may overtake earlier stores and loads of other addresses, a plain load
 * earlier stores. Returns the number of states; throws what a step throws, and an `Error` when threads wait for ever.
 */
export function explore(memory: readonly number[], threads: readonly (readonly Step[])[], registers: number): number {
  const start: State = {
    memory: [...memory],
    buffers: threads.map(() => []),
    places: threads.map(() => 0),
    registers: threads.map(() => new Array<number>(registers).fill(0)),
  }
  const first = JSON.stringify(start)
  const seen = new Set([first])
  const open: [string, State][] = [[first, start]]
  for (let top = open.pop(); top !== undefined; top = open.pop()) {
    const [own, state] = top
    let moved = false
    for (const next of successors(state, threads)) {
      const key = JSON.stringify(next)
      moved ||= key !== own
      if (seen.has(key)) continue
      seen.add(key)
      open.push([key, next])
    }
    if (!moved && state.places.some((place) => place >= 0)) throw new Error('threads wait for ever')
  }
  return seen.size
}

function* successors(state: State, threads: readonly (readonly Step[])[]): Generator<State> {
  for (let t = 0; t < threads.length; t++) {
    if (state.places[t] >= 0) {
      const next = stepped(state, t, threads[t][state.places[t]])
      if (next !== undefined) yield next
    }
    for (let i = 0; i < state.buffers[t].length; i++) if (mayHappen(state.buffers[t], i)) yield happened(state, t, i)
  }
}

function stepped(state: State, t: number, step: Step): State | undefined {
  const next = copy(state)
  const buffer = next.buffers[t]
  const own = (address: number): Pending | undefined =>
    buffer.findLast((one) => one.address === address && one.kind !== 'load')
  const need = (free: boolean): void => {
    if (!free) throw BLOCKED
  }
  try {
    next.places[t] = step(
      {
        load: (address) => own(address)?.value ?? next.memory[address],
        late: (address, register) => void buffer.push({ kind: 'load', address, value: register }),
        store: (address, value) => void buffer.push({ kind: 'store', address, value }),
        release: (address, value) => void buffer.push({ kind: 'release', address, value }),
        sync: (address, value) => {
          need(buffer.length === 0)
          next.memory[address] = value
        },
        add: (address, value) => {
          need(buffer.length === 0)
          const before = next.memory[address]
          next.memory[address] += value
          return before
        },
        settle: () => need(buffer.every((one) => one.kind !== 'load')),
      },
      next.registers[t],
    )
  } catch (error) {
    if (error === BLOCKED) return undefined
    throw error
  }
  return next
}

function mayHappen(buffer: readonly Pending[], i: number): boolean {
  const { kind, address } = buffer[i]
  const earlier = buffer.slice(0, i)
  if (kind === 'release') return i === 0
  if (kind === 'load') return earlier.every((one) => one.address !== address)
  return earlier.every((one) => one.address !== address && one.kind !== 'release')
}

function happened(state: State, t: number, i: number): State {
  const next = copy(state)
  const [{ kind, address, value }] = next.buffers[t].splice(i, 1)
  if (kind === 'load') next.registers[t][value] = next.memory[address]
  else next.memory[address] = value
  return next
}

function copy({ memory, buffers, places, registers }: State): State {
  return {
    memory: [...memory],
    buffers: buffers.map((buffer) => [...buffer]),
    places: [...places],
    registers: registers.map((own) => [...own]),
  }
}

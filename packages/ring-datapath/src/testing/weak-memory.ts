/** A step of a thread: it reads through `load`, writes through `store`, and says which step is next; -1 ends the thread. */
export type Step = (memory: ThreadView, registers: number[]) => number

/** Memory as one thread sees it. */
export interface ThreadView {
  load(address: number): number
  /** A plain store: it waits in the thread's buffer and may become visible after later ones to other addresses. */
  store(address: number, value: number): void
  /** A store that becomes visible after everything that the thread has stored before. */
  release(address: number, value: number): void
}

interface Pending {
  readonly address: number
  readonly value: number
  readonly release: boolean
}

interface State {
  readonly memory: number[]
  readonly buffers: Pending[][]
  readonly places: number[]
  readonly registers: number[][]
}

/**
 * Every execution of a few threads on a machine with store buffers: at each point any thread may take its next step, or any stored
 * value that is allowed to may become visible. A store may overtake earlier ones to other addresses unless it is a release. Loads see the
 * thread's own stores first. Returns the number of states; throws what a step throws.
 */
export function explore(memory: readonly number[], threads: readonly (readonly Step[])[], registers: number): number {
  const start: State = {
    memory: [...memory],
    buffers: threads.map(() => []),
    places: threads.map(() => 0),
    registers: threads.map(() => new Array<number>(registers).fill(0)),
  }
  const seen = new Set([JSON.stringify(start)])
  const open = [start]
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    for (const next of successors(state, threads)) {
      const key = JSON.stringify(next)
      if (seen.has(key)) continue
      seen.add(key)
      open.push(next)
    }
  }
  return seen.size
}

function* successors(state: State, threads: readonly (readonly Step[])[]): Generator<State> {
  for (let t = 0; t < threads.length; t++) {
    if (state.places[t] >= 0) yield stepped(state, t, threads[t][state.places[t]])
    for (let i = 0; i < state.buffers[t].length; i++) {
      const { address, release } = state.buffers[t][i]
      const earlier = state.buffers[t].slice(0, i)
      if (release ? i > 0 : earlier.some((one) => one.address === address || one.release)) continue
      yield drained(state, t, i)
    }
  }
}

function stepped(state: State, t: number, step: Step): State {
  const next = copy(state)
  const buffer = next.buffers[t]
  next.places[t] = step(
    {
      load: (address) => buffer.findLast((one) => one.address === address)?.value ?? next.memory[address],
      store: (address, value) => void buffer.push({ address, value, release: false }),
      release: (address, value) => void buffer.push({ address, value, release: true }),
    },
    next.registers[t],
  )
  return next
}

function drained(state: State, t: number, i: number): State {
  const next = copy(state)
  const [{ address, value }] = next.buffers[t].splice(i, 1)
  next.memory[address] = value
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

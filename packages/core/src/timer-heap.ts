import type { Timer } from './clock.js'

class HeapTimer implements Timer {
  deadlineNs: number = Infinity
  /** Place in the heap, -1 while unarmed. */
  index = -1
  readonly name: string
  readonly order: number
  readonly fire: () => void
  readonly #owner: TimerHeap
  constructor(name: string, order: number, fire: () => void, owner: TimerHeap) {
    this.name = name
    this.order = order
    this.fire = fire
    this.#owner = owner
  }
  arm(atNs: number): void {
    this.#owner.arm(this, atNs)
  }
  cancel(): void {
    this.#owner.cancel(this)
  }
}

function before(a: HeapTimer, b: HeapTimer): boolean {
  return a.deadlineNs < b.deadlineNs || (a.deadlineNs === b.deadlineNs && a.order < b.order)
}

/** The timers of a scheduler: by deadline, then in the order of their creation. */
export class TimerHeap {
  #created = 0
  readonly #nowNs: () => number
  readonly #heap: HeapTimer[] = []

  /** A deadline is never before `nowNs`, which is the scheduler's. */
  constructor(nowNs: () => number) {
    this.#nowNs = nowNs
  }

  timer(name: string, fire: () => void): Timer {
    return new HeapTimer(name, this.#created++, fire, this)
  }

  /** The deadline of the first timer, `Infinity` when none is armed. */
  get nextNs(): number {
    return this.#heap.length === 0 ? Infinity : this.#heap[0].deadlineNs
  }

  /** Name of the first timer; for messages. */
  get nextName(): string {
    return this.#heap.length === 0 ? 'nothing' : this.#heap[0].name
  }

  /** Fires the first timer, which there must be. */
  fire(): void {
    const first = this.#heap[0]
    this.cancel(first)
    first.fire()
  }

  /** For `Timer.arm`. */
  arm(timer: HeapTimer, atNs: number): void {
    if (!(atNs >= 0)) throw new RangeError(`timer ${timer.name} armed at ${atNs} ns`)
    this.cancel(timer)
    timer.deadlineNs = Math.max(atNs, this.#nowNs())
    timer.index = this.#heap.push(timer) - 1
    this.#up(timer.index)
  }

  /** For `Timer.cancel`. */
  cancel(timer: HeapTimer): void {
    const at = timer.index
    if (at < 0) return
    timer.index = -1
    timer.deadlineNs = Infinity
    const last = this.#heap.pop()
    if (last === undefined || last === timer) return
    this.#place(last, at)
    this.#up(at)
    this.#down(last.index)
  }

  #place(timer: HeapTimer, at: number): void {
    this.#heap[at] = timer
    timer.index = at
  }

  #up(from: number): void {
    const timer = this.#heap[from]
    let at = from
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (!before(timer, this.#heap[parent])) break
      this.#place(this.#heap[parent], at)
      at = parent
    }
    this.#place(timer, at)
  }

  #down(from: number): void {
    const timer = this.#heap[from]
    const size = this.#heap.length
    let at = from
    for (;;) {
      let child = 2 * at + 1
      if (child >= size) break
      if (child + 1 < size && before(this.#heap[child + 1], this.#heap[child])) child++
      if (!before(this.#heap[child], timer)) break
      this.#place(this.#heap[child], at)
      at = child
    }
    this.#place(timer, at)
  }
}

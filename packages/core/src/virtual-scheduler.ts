import type { Clock, Timer } from './clock.js'
import type { Task, TaskSource } from './task.js'

/** Work items that a task may do in one turn before the others get theirs. */
const BUDGET = 64

/** Turns at one instant after which the run is taken to be stuck: far above what any real burst needs. */
const STUCK_AFTER = 5_000_000

class VirtualTask implements Task {
  readonly name: string
  readonly run: (budget: number) => boolean
  queued = false
  readonly #queue: VirtualTask[]
  constructor(name: string, run: (budget: number) => boolean, queue: VirtualTask[]) {
    this.name = name
    this.run = run
    this.#queue = queue
  }
  kick(): void {
    if (this.queued) return
    this.queued = true
    this.#queue.push(this)
  }
}

class VirtualTimer implements Timer {
  deadlineNs: number = Infinity
  /** Place in the heap, -1 while unarmed. */
  index = -1
  readonly name: string
  readonly order: number
  readonly fire: () => void
  readonly #owner: VirtualScheduler
  constructor(name: string, order: number, fire: () => void, owner: VirtualScheduler) {
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

function before(a: VirtualTimer, b: VirtualTimer): boolean {
  return a.deadlineNs < b.deadlineNs || (a.deadlineNs === b.deadlineNs && a.order < b.order)
}

/**
 * Virtual time, one thread: runs every runnable task in turn, and when none is left moves the clock to the next timer. The same
 * program and inputs give the same run on every machine.
 */
export class VirtualScheduler implements Clock, TaskSource {
  #now = 0
  #created = 0
  readonly #heap: VirtualTimer[] = []
  readonly #ready: VirtualTask[] = []
  #head = 0

  nowNs(): number {
    return this.#now
  }

  timer(name: string, fire: () => void): Timer {
    return new VirtualTimer(name, this.#created++, fire, this)
  }

  task(name: string, run: (budget: number) => boolean): Task {
    return new VirtualTask(name, run, this.#ready)
  }

  /**
   * Runs until `done` holds (checked between turns), nothing is left to do, or time would pass `limitNs`.
   * Throws an `Error` that names the busy tasks when an instant does not end.
   */
  run(done: () => boolean, limitNs: number): 'done' | 'idle' | 'limit' {
    let turns = 0
    while (!done()) {
      if (this.#head < this.#ready.length) {
        if (++turns > STUCK_AFTER) throw this.#stuck(this.#busy())
        this.#turn()
        continue
      }
      const next = this.#heap[0] as VirtualTimer | undefined
      if (next === undefined) return 'idle'
      if (next.deadlineNs > limitNs) {
        this.#now = Math.max(this.#now, limitNs)
        return 'limit'
      }
      if (next.deadlineNs > this.#now) {
        this.#now = next.deadlineNs
        turns = 0
      } else if (++turns > STUCK_AFTER) throw this.#stuck(next.name)
      this.cancel(next)
      next.fire()
    }
    return 'done'
  }

  #turn(): void {
    const task = this.#ready[this.#head++]
    if (this.#head === 1024) {
      this.#ready.copyWithin(0, this.#head)
      this.#ready.length -= this.#head
      this.#head = 0
    } else if (this.#head === this.#ready.length) {
      this.#ready.length = 0
      this.#head = 0
    }
    task.queued = false
    if (task.run(BUDGET)) task.kick()
  }

  #stuck(busy: string): Error {
    return new Error(`time stands still at ${this.#now} ns: ${busy} keep each other busy`)
  }

  #busy(): string {
    return [...new Set(this.#ready.slice(this.#head).map((task) => task.name))].join(', ')
  }

  /** For `Timer.arm`. */
  arm(timer: VirtualTimer, atNs: number): void {
    if (!(atNs >= 0)) throw new RangeError(`timer ${timer.name} armed at ${atNs} ns`)
    this.cancel(timer)
    timer.deadlineNs = Math.max(atNs, this.#now)
    timer.index = this.#heap.push(timer) - 1
    this.#up(timer.index)
  }

  /** For `Timer.cancel`. */
  cancel(timer: VirtualTimer): void {
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

  #place(timer: VirtualTimer, at: number): void {
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

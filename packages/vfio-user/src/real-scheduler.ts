import type { Clock, Task, TaskSource, Timer } from '@npa/core'

/** Work items that a task may do in one turn before the others get theirs, as in virtual time. */
const BUDGET = 64

/** Turns in one burst, before the event loop is asked for messages again. */
const BURST = 64

/** Longest that the event loop is asked to sleep; `setTimeout` takes no more than 2^31 ms. */
const LONGEST_MS = 1e9

/** Waits shorter than this are spent looking at the clock between messages: `setTimeout` knows whole milliseconds, devices live in microseconds. */
const SPIN_NS = 1e6

class RealTimer implements Timer {
  deadlineNs: number = Infinity
  readonly name: string
  readonly order: number
  readonly fire: () => void
  readonly #owner: RealScheduler

  constructor(name: string, order: number, fire: () => void, owner: RealScheduler) {
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

/**
 * Real time on the event loop, for a device that another program's guest uses: tasks run in bounded bursts, after each of that program's
 * messages and then whenever the loop is free. Timers are never early; those that are due within a millisecond wake with the loop, not with the
 * system's timers.
 */
export class RealScheduler implements Clock, TaskSource {
  readonly #startMs = performance.now()
  #created = 0
  readonly #armed = new Set<RealTimer>()
  readonly #ready: (() => void)[] = []
  #head = 0
  #immediate: NodeJS.Immediate | undefined
  #timeout: NodeJS.Timeout | undefined
  /** When the event loop will wake us. */
  #wakeNs = Infinity
  #stopped = false

  nowNs(): number {
    return Math.floor((performance.now() - this.#startMs) * 1e6)
  }

  timer(name: string, fire: () => void): Timer {
    return new RealTimer(name, this.#created++, fire, this)
  }

  /** The name is for virtual time's sake. */
  task(_name: string, run: (budget: number) => boolean): Task {
    let queued = false
    const turn = (): void => {
      queued = false
      if (run(BUDGET)) kick()
    }
    const kick = (): void => {
      if (queued) return
      queued = true
      this.#ready.push(turn)
      this.#later()
    }
    return { kick }
  }

  /** Fires what is due and runs runnable tasks, a bounded number of turns; what is left runs when the loop is free. */
  burst(): void {
    if (this.#wakeNs <= this.nowNs()) this.#wake()
    for (let turns = 0; turns < BURST && this.#head < this.#ready.length; turns++) this.#ready[this.#head++]()
    this.#ready.splice(0, this.#head)
    this.#head = 0
  }

  /** Nothing runs any more, and nothing keeps the process. */
  stop(): void {
    this.#stopped = true
    clearImmediate(this.#immediate)
    clearTimeout(this.#timeout)
  }

  #later(): void {
    if (this.#immediate !== undefined || this.#stopped) return
    this.#immediate = setImmediate(() => {
      this.#immediate = undefined
      this.burst()
      if (this.#ready.length > 0 || this.#wakeNs - this.nowNs() < SPIN_NS) this.#later()
    })
  }

  /** For `Timer.arm`. */
  arm(timer: RealTimer, atNs: number): void {
    if (!(atNs >= 0)) throw new RangeError(`timer ${timer.name} armed at ${atNs} ns`)
    timer.deadlineNs = atNs
    this.#armed.add(timer)
    if (atNs < this.#wakeNs) this.#sleepUntil(atNs)
  }

  /** For `Timer.cancel`. */
  cancel(timer: RealTimer): void {
    timer.deadlineNs = Infinity
    this.#armed.delete(timer)
  }

  #sleepUntil(atNs: number): void {
    clearTimeout(this.#timeout)
    this.#wakeNs = atNs
    if (atNs === Infinity || this.#stopped) return
    const ns = atNs - this.nowNs()
    if (ns < SPIN_NS) this.#later()
    else this.#timeout = setTimeout(() => this.#wake(), Math.min(Math.ceil(ns / 1e6), LONGEST_MS))
  }

  /** Fires what is due, by deadline and then creation, and sleeps until the next. */
  #wake(): void {
    clearTimeout(this.#timeout)
    this.#wakeNs = Infinity
    const now = this.nowNs()
    const due = [...this.#armed].filter((timer) => timer.deadlineNs <= now)
    due.sort((a, b) => a.deadlineNs - b.deadlineNs || a.order - b.order)
    for (const timer of due) {
      // One that fired before it may have moved or cancelled this one.
      if (timer.deadlineNs > now) continue
      this.cancel(timer)
      timer.fire()
    }
    let next = Infinity
    for (const timer of this.#armed) next = Math.min(next, timer.deadlineNs)
    if (next < this.#wakeNs) this.#sleepUntil(next)
  }
}

import type { Clock, StateIo, Task, TaskSource, Timer } from '@npa/core'
import { IdQueue } from './id-queue.js'

/**
 * Interrupt throttling: sources wait until their interval has passed since they last fired, in virtual or real time. Firing
 * happens from the scheduler.
 */
export class Throttle {
  readonly #clock: Clock
  readonly #task: Task
  readonly #timer: Timer
  readonly #pending: IdQueue
  readonly #intervalNs: Float64Array
  /** When each source last fired. */
  readonly #firedNs: Float64Array
  readonly #fire: (source: number) => boolean

  /** `fire` raises a source's interrupt if it is still wanted, and says whether it did. */
  constructor(scheduler: Clock & TaskSource, name: string, sources: number, fire: (source: number) => boolean) {
    this.#clock = scheduler
    this.#fire = fire
    this.#pending = new IdQueue(sources)
    this.#intervalNs = new Float64Array(sources)
    this.#firedNs = new Float64Array(sources).fill(-Infinity)
    this.#task = scheduler.task(name, () => this.#run())
    this.#timer = scheduler.timer(name, () => this.#task.kick())
  }

  /** A source wants its interrupt. */
  request(source: number): void {
    this.#pending.push(source)
    this.#task.kick()
  }

  /** Sets the least time between two interrupts of a source; `restart` lets the next one through at once. */
  interval(source: number, ns: number, restart: boolean): void {
    this.#intervalNs[source] = ns
    if (restart) this.#firedNs[source] = -Infinity
    if (this.#pending.count > 0) this.#task.kick()
  }

  /** When a source may fire next, ns; a time that may have passed. */
  allowedNs(source: number): number {
    return this.#firedNs[source] + this.#intervalNs[source]
  }

  clear(): void {
    this.#pending.clear()
    this.#intervalNs.fill(0)
    this.#firedNs.fill(-Infinity)
    this.#timer.cancel()
  }

  /** Who waits, and when each fired; the intervals are registers. */
  walkState(io: StateIo): void {
    this.#pending.walkState(io, 'pending')
    io.column('firedNs', this.#firedNs, 0, Number.MAX_SAFE_INTEGER, -Infinity)
  }

  #run(): boolean {
    const now = this.#clock.nowNs()
    let next = Infinity
    for (let left = this.#pending.count; left > 0; left--) {
      const source = this.#pending.shift()
      const allowed = this.#firedNs[source] + this.#intervalNs[source]
      if (allowed > now) {
        next = Math.min(next, allowed)
        this.#pending.push(source)
      } else if (this.#fire(source)) this.#firedNs[source] = now
    }
    if (next === Infinity) this.#timer.cancel()
    else this.#timer.arm(next)
    return false
  }
}

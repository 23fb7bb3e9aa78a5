import type { Clock, StateIo, Timer } from '@npa/core'
import { IdQueue } from './id-queue.js'

/** A deadline for each of a number of small ids, over one timer. Its cost follows the ids that wait. */
export class Deadlines {
  readonly #clock: Clock
  readonly #timer: Timer
  readonly #waiting: IdQueue
  /** When each id is due, ns; `Infinity` for one that is not. */
  readonly due: Float64Array
  readonly #passed: (id: number) => void

  /** `passed` is called from the scheduler for each id whose deadline has passed; it may set it anew. */
  constructor(clock: Clock, name: string, ids: number, passed: (id: number) => void) {
    this.#clock = clock
    this.#passed = passed
    this.#waiting = new IdQueue(ids)
    this.due = new Float64Array(ids).fill(Infinity)
    this.#timer = clock.timer(name, () => this.#fire())
  }

  has(id: number): boolean {
    return this.due[id] !== Infinity
  }

  set(id: number, atNs: number): void {
    this.due[id] = atNs
    this.#waiting.push(id)
    if (atNs < this.#timer.deadlineNs) this.#timer.arm(atNs)
  }

  cancel(id: number): void {
    this.due[id] = Infinity
  }

  clear(): void {
    this.due.fill(Infinity)
    this.#waiting.clear()
    this.#timer.cancel()
  }

  /** Who waits, in order, and until when; the timer is its clock's to save. */
  walkState(io: StateIo): void {
    this.#waiting.walkState(io, 'waiting')
    io.column('due', this.due, 0, Number.MAX_SAFE_INTEGER, Infinity)
    io.consistent(
      'due',
      this.due.every((due, id) => due === Infinity || this.#waiting.has(id)),
    )
  }

  #fire(): void {
    const now = this.#clock.nowNs()
    for (let left = this.#waiting.count; left > 0; left--) {
      const id = this.#waiting.shift()
      const due = this.due[id]
      if (due === Infinity) continue
      if (due > now) {
        this.#waiting.push(id)
        continue
      }
      this.due[id] = Infinity
      this.#passed(id)
    }
    let next = Infinity
    for (let behind = 0; behind < this.#waiting.count; behind++) {
      next = Math.min(next, this.due[this.#waiting.peek(behind)])
    }
    if (next !== Infinity) this.#timer.arm(next)
  }
}

import type { Bus } from './bus.js'

/** Whether a queue has stopped, and why, as its entry in the queue table tells the driver. */
export class QueueStatus {
  readonly #bus: Bus
  readonly #stoppedAt: number
  readonly #errorAt: number
  /** Address of the queue's entry. */
  entry = -1
  stopped = false
  error = 0

  constructor(bus: Bus, stoppedAt: number, errorAt: number) {
    this.#bus = bus
    this.#stoppedAt = stoppedAt
    this.#errorAt = errorAt
  }

  /** A queue in order, with its entry at this address. */
  start(entry: number): void {
    this.entry = entry
    this.stopped = false
    this.error = 0
    this.publish()
  }

  fail(code: number): void {
    this.stopped = true
    this.error = code
    this.publish()
  }

  publish(): void {
    this.#bus.putByte(this.entry + this.#stoppedAt, this.stopped ? 1 : 0)
    this.#bus.putWord(this.entry + this.#errorAt, this.error)
  }
}

import { Place } from './plan.js'

/** Looks without success after which the other thread is not running. */
const PATIENCE = 20_000

/** How a thread waits for the other while it measures: awake, and asleep for a moment when the other has lost its processor. */
export class Patience {
  readonly #idle: Int32Array
  #looks = 0

  constructor(memory: WebAssembly.Memory) {
    this.#idle = new Int32Array(memory.buffer, Place.idle, 1)
  }

  look(): void {
    if (++this.#looks < PATIENCE) return
    this.#looks = 0
    Atomics.wait(this.#idle, 0, 0, 0.05)
  }
}

import { Place } from './plan.js'

/** Looks without success after which the other thread is not running. */
const PATIENCE = 20_000

/**
 * Steps between two looks, a fraction of a microsecond: who looks all the time takes the other's index away from it. The C program has an
 * instruction for it. `ringbuf.js` gains nothing from it, and loses nothing (seen with 0, 100, 200 and 300).
 */
const PAUSE = 200

/** How a thread waits for the other while it measures: awake, and asleep for a moment when the other has lost its processor. */
export class Patience {
  readonly #idle: Int32Array
  #looks = 0
  #steps = 0

  constructor(memory: WebAssembly.Memory) {
    this.#idle = new Int32Array(memory.buffer, Place.idle, 1)
  }

  look(): void {
    // Kept in a field, so that the compiler does not leave the loop out.
    let steps = this.#steps
    for (let left = PAUSE; left > 0; left--) steps = (steps + left) | 0
    this.#steps = steps
    if (++this.#looks < PATIENCE) return
    this.#looks = 0
    Atomics.wait(this.#idle, 0, 0, 0.05)
  }
}

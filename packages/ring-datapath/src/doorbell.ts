/** Bytes of a doorbell. */
export const DOORBELL_BYTES = 8

const SEQUENCE = 0
const WAITERS = 1

/**
 * Wakes threads that wait for something in shared memory: an event count. Who waits takes a ticket, looks once more at what it waits
 * for, and waits only as long as the bell has not rung since the ticket; so no wake-up is lost. Who rings while nobody waits
 * pays for one load.
 */
export class Doorbell {
  readonly #words: Int32Array

  /** At a byte offset that is a multiple of 4, zeroed by whoever made the memory. Throws a `RangeError` where it does not fit. */
  constructor(buffer: SharedArrayBuffer, at: number) {
    this.#words = new Int32Array(buffer, at, DOORBELL_BYTES / 4)
  }

  /** Wakes all who wait. The caller has stored, atomically, what they wait for. */
  ring(): void {
    if (Atomics.load(this.#words, WAITERS) === 0) return
    Atomics.add(this.#words, SEQUENCE, 1)
    Atomics.notify(this.#words, SEQUENCE)
  }

  /** Announces a wait. The caller looks once more at what it waits for, then calls `wait`, `waitAsync` or `cancel`, one of them, once. */
  prepare(): number {
    Atomics.add(this.#words, WAITERS, 1)
    return Atomics.load(this.#words, SEQUENCE)
  }

  /** There was something after all. */
  cancel(): void {
    Atomics.sub(this.#words, WAITERS, 1)
  }

  /**
   * Blocks this thread until the bell has rung after `ticket` was taken, `timeoutMs` at most. False when time ran out. Throws a `TypeError` on a
   * thread that must not block, such as a browser's main thread.
   */
  wait(ticket: number, timeoutMs: number = Infinity): boolean {
    try {
      return Atomics.wait(this.#words, SEQUENCE, ticket, timeoutMs) !== 'timed-out'
    } finally {
      Atomics.sub(this.#words, WAITERS, 1)
    }
  }

  /** The same without blocking: resolves when the bell has rung, or with false when time ran out. */
  async waitAsync(ticket: number, timeoutMs: number = Infinity): Promise<boolean> {
    try {
      return (await Atomics.waitAsync(this.#words, SEQUENCE, ticket, timeoutMs).value) !== 'timed-out'
    } finally {
      Atomics.sub(this.#words, WAITERS, 1)
    }
  }
}

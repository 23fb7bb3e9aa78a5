/** Which list a waiter stands in; bits of `Waiter.waiting`. */
export const Wait = { transmit: 1, arp: 2 } as const

/** A sender that could not send and is to try again. */
export interface Waiter {
  /** Bits of `Wait`: kept by the lists, so that nobody stands in one twice. */
  waiting: number
  /** Try again now. */
  resume(): void
  /** Address resolution of this neighbour gave up. */
  unreachable(neighbour: number): void
}

/** Waiters, first come, first served. */
export class WaitList {
  readonly #bit: number
  readonly #queue: Waiter[] = []

  constructor(bit: number) {
    this.#bit = bit
  }

  get length(): number {
    return this.#queue.length
  }

  add(waiter: Waiter): void {
    if ((waiter.waiting & this.#bit) !== 0) return
    waiter.waiting |= this.#bit
    this.#queue.push(waiter)
  }

  /** The first one, no longer waiting. */
  take(): Waiter | undefined {
    const first = this.#queue.shift()
    if (first !== undefined) first.waiting &= ~this.#bit
    return first
  }
}

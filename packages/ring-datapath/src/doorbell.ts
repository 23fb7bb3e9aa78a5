import { demandShared, wrongPlace } from './place.js'

/** Bytes of a doorbell. */
export const DOORBELL_BYTES = 8

const SEQUENCE = 0
const WAITERS = 1
/** Looks before a thread sleeps: some microseconds, less than going to sleep and waking up takes. */
const SPINS = 500
/** Between two looks where the host cannot wait without blocking, ms. */
const POLL_MS = 1

/** How a thread waits at a doorbell. */
export interface DoorbellOptions {
  /** Looks at the condition before sleeping; 0 on a processor that the other thread needs. 500 unless said. */
  readonly spins?: number
  /**
   * For hosts without `Atomics.waitAsync`, such as older browsers' main threads: resolves after about so many milliseconds. `setTimeout` makes
   * one. The bell is looked at every millisecond then.
   */
  readonly sleep?: (ms: number) => Promise<void>
}

/**
 * Wakes threads that wait for something in shared memory: an event count. Who waits takes a ticket, looks once more at what it waits
 * for, and waits only as long as the bell has not rung since the ticket; so no wake-up is lost. Who rings while nobody waits
 * pays for one load.
 *
 * Both sides' words are shared: one who breaks them makes the others sleep too long or too little, and nothing else.
 */
export class Doorbell {
  readonly #words: Int32Array
  readonly #spins: number
  readonly #sleep: ((ms: number) => Promise<void>) | undefined

  /**
   * At a byte offset that is a multiple of 4, zeroed by whoever made the memory. Throws a `RangeError` where it does not fit, a `TypeError` when
   * the buffer is not shared.
   */
  constructor(buffer: SharedArrayBuffer, at: number, { spins = SPINS, sleep }: DoorbellOptions = {}) {
    demandShared(buffer)
    const wrong = wrongPlace(buffer, at, DOORBELL_BYTES, 4)
    if (wrong !== undefined) throw new RangeError(`no place for a doorbell: ${wrong}`)
    this.#words = new Int32Array(buffer, at, DOORBELL_BYTES / 4)
    this.#spins = spins
    this.#sleep = sleep
  }

  /** Wakes all who wait. The caller has stored, atomically, what they wait for. */
  ring(): void {
    if (Atomics.load(this.#words, WAITERS) === 0) return
    Atomics.add(this.#words, SEQUENCE, 1)
    Atomics.notify(this.#words, SEQUENCE)
  }

  /**
   * Blocks this thread until `ready` says so: looks a while, then sleeps between rings. Each sleep is `timeoutMs` at most; when one runs out, what
   * `ready` says then. Throws a `TypeError` on a thread that must not block, such as a browser's main thread.
   */
  until(ready: () => boolean, timeoutMs: number = Infinity): boolean {
    for (let i = 0; i < this.#spins; i++) if (ready()) return true
    for (;;) {
      const ticket = this.prepare()
      if (this.#settled(ready)) return true
      if (!this.wait(ticket, timeoutMs)) return ready()
    }
  }

  /** The same without blocking, and without spinning: this thread has other work. */
  async untilAsync(ready: () => boolean, timeoutMs: number = Infinity): Promise<boolean> {
    for (let again = false; ;) {
      const ticket = this.prepare()
      if (this.#settled(ready)) return true
      const rung = this.hasRung(ticket)
      // A bell that never stops would keep this thread's other events from it for ever.
      if (rung && again) await this.#pause()
      again = rung
      if (!(await this.waitAsync(ticket, timeoutMs))) return ready()
    }
  }

  /** Announces a wait. The caller looks once more at what it waits for, then calls `wait`, `waitAsync` or `cancel`, one of them, once. */
  prepare(): number {
    Atomics.add(this.#words, WAITERS, 1)
    return Atomics.load(this.#words, SEQUENCE)
  }

  /** Whether the bell has rung since a ticket was taken: whoever waits with it is awake, or about to be. Any thread may ask. */
  hasRung(ticket: number): boolean {
    return Atomics.load(this.#words, SEQUENCE) !== ticket
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
      this.cancel()
    }
  }

  /** The same without blocking: resolves when the bell has rung, or with false when time ran out. */
  async waitAsync(ticket: number, timeoutMs: number = Infinity): Promise<boolean> {
    try {
      if (hasWaitAsync())
        return (await Atomics.waitAsync(this.#words, SEQUENCE, ticket, timeoutMs).value) !== 'timed-out'
      return await this.#poll(ticket, timeoutMs)
    } finally {
      this.cancel()
    }
  }

  /** What `ready` says after a wait was announced: the wait is over when it says yes, or throws. */
  #settled(ready: () => boolean): boolean {
    let over = true
    try {
      over = ready()
      return over
    } finally {
      if (over) this.cancel()
    }
  }

  /** Lets the other events of this thread come. */
  async #pause(): Promise<void> {
    if (!hasWaitAsync()) return this.#sleep?.(POLL_MS)
    // A word of its own, which nobody rings: time runs out.
    const { buffer, byteOffset } = this.#words
    const alone = new Int32Array((buffer as SharedArrayBuffer).slice(byteOffset, byteOffset + 4))
    await Atomics.waitAsync(alone, 0, alone[0], POLL_MS).value
  }

  async #poll(ticket: number, timeoutMs: number): Promise<boolean> {
    const sleep = this.#sleep
    if (sleep === undefined) throw new TypeError('this host has no Atomics.waitAsync: the doorbell wants a sleep')
    for (let waited = 0; Atomics.load(this.#words, SEQUENCE) === ticket; waited += POLL_MS) {
      if (waited >= timeoutMs) return false
      await sleep(POLL_MS)
    }
    return true
  }
}

function hasWaitAsync(): boolean {
  return typeof (Atomics as Partial<typeof Atomics>).waitAsync === 'function'
}

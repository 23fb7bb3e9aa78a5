import { Header, HEADER_WORDS } from './layout.js'
import type { Ring } from './ring.js'

/**
 * The reading end of a ring. A tail that no producer could have shows no records; what the records say is for the reader to check,
 * who reads each word once.
 */
export class Consumer {
  /** The ring's memory: records are read in it, from `slot` on, until they are released. */
  readonly words: Int32Array
  readonly #recordWords: number
  readonly #mask: number
  #head: number
  /** The tail as of the last look; there is no look while there are records by it. */
  #tail: number

  constructor(ring: Ring) {
    this.words = ring.words
    this.#recordWords = ring.recordWords
    this.#mask = ring.capacity - 1
    this.#head = Atomics.load(ring.words, Header.head)
    this.#tail = this.#head
  }

  /** How many records, `wanted` at most, can be read now. */
  peek(wanted: number): number {
    let there = (this.#tail - this.#head) | 0
    if (there < wanted) {
      const tail = Atomics.load(this.words, Header.tail)
      const claimed = (tail - this.#head) | 0
      if (claimed >= there && claimed <= this.#mask + 1) {
        this.#tail = tail
        there = claimed
      }
    }
    return there < wanted ? there : wanted
  }

  /** First word of the record `ahead` places after the oldest. */
  slot(ahead: number): number {
    return HEADER_WORDS + ((this.#head + ahead) & this.#mask) * this.#recordWords
  }

  /** Gives back the room of the oldest `count` records, which `peek` has shown. */
  release(count: number): void {
    this.#head = (this.#head + count) | 0
    Atomics.store(this.words, Header.head, this.#head)
  }

  /** Copies up to `count` records to `target`, word `to` on, and releases them. Records taken. */
  burst(target: Int32Array, to: number, count: number): number {
    const taken = this.peek(count)
    if (taken === 0) return 0
    const { words } = this
    const recordWords = this.#recordWords
    let word = to
    for (let i = 0; i < taken; i++) {
      const slot = this.slot(i)
      for (let k = 0; k < recordWords; k++) target[word++] = words[slot + k]
    }
    this.release(taken)
    return taken
  }

  /** Whether the producer has closed the ring and every record of it was read. */
  get ended(): boolean {
    // In this order: what was written before the close is seen after it.
    return Atomics.load(this.words, Header.closed) === 1 && this.peek(1) === 0
  }

  /** Records that the producer could not put into the ring, modulo 2^32. */
  get dropped(): number {
    return Atomics.load(this.words, Header.dropped) >>> 0
  }

  /** Tells the producer that nobody reads any more. */
  leave(): void {
    Atomics.store(this.words, Header.left, 1)
  }
}

import { HEAD, Header, HEADER_WORDS, TAIL } from './layout.js'
import type { SpscRing } from './ring.js'

/**
 * The reading end of a ring. A tail that no producer could have shows no records; what the records say is for the reader to check,
 * who reads each word once.
 */
export class Consumer {
  /** The ring's memory: records are read in it, from `slot` on, until they are released. */
  readonly words: Int32Array
  /** First word of the first record, and the one after the last: after the last record comes the first. */
  readonly begin: number
  readonly end: number
  readonly #recordWords: number
  readonly #capacity: number
  #head: number
  /** The tail as of the last look; there is no look while there are records by it. */
  #tail: number

  constructor(ring: SpscRing) {
    const { words, capacity, recordWords } = ring
    this.words = words
    this.begin = HEADER_WORDS
    this.end = HEADER_WORDS + capacity * recordWords
    this.#recordWords = recordWords
    this.#capacity = capacity
    this.#head = Atomics.load(words, HEAD)
    this.#tail = this.#head
  }

  /** How many records, `wanted` at most, can be read now. */
  peek(wanted: number): number {
    let there = (this.#tail - this.#head) | 0
    if (there < wanted) there = this.#look(there)
    return there < wanted ? there : wanted
  }

  /** First word of the record `ahead` places after the oldest. For many, `slot(0)` and steps from `begin` to `end` are faster. */
  slot(ahead: number): number {
    return HEADER_WORDS + Math.imul((this.#head + ahead) & (this.#capacity - 1), this.#recordWords)
  }

  /** Gives back the room of the oldest `count` records, which `peek` has shown. */
  release(count: number): void {
    const head = (this.#head + count) | 0
    this.#head = head
    Atomics.store(this.words, HEAD, head)
  }

  /** Copies up to `count` records to `target`, word `to` on, and releases them. Records taken. */
  burst(target: Int32Array, to: number, count: number): number {
    const taken = this.peek(count)
    if (taken === 0) return 0
    const { words, begin, end } = this
    const recordWords = this.#recordWords
    let word = this.slot(0)
    for (let i = to, last = to + taken * recordWords; i < last; i++) {
      target[i] = words[word++]
      if (word === end) word = begin
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

  /** Records by a new look at the tail, or `there` as before by one that no producer could have. */
  #look(there: number): number {
    const tail = Atomics.load(this.words, TAIL)
    const claimed = (tail - this.#head) | 0
    if (claimed < there || claimed > this.#capacity) return there
    this.#tail = tail
    return claimed
  }
}

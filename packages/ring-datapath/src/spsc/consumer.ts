import { copyWords } from './copy-words.js'
import { HEAD, Header, HEADER_WORDS, TAIL } from './layout.js'
import type { SpscRing } from './ring.js'

/**
 * The reading end of a ring. A tail that no producer could have shows no records; what the records say is for the reader to check,
 * who reads each word once.
 */
export class Consumer {
  // `declare`, and numbers from the start: see Producer.
  /** The ring's memory: records are read in it, from `slot` on, until they are released. */
  declare readonly words: Int32Array
  /** First word of the first record, and the one after the last: after the last record comes the first. */
  declare readonly begin: number
  declare readonly end: number
  readonly #recordWords: number = 0
  readonly #capacity: number = 0
  #head = 0
  /** The tail as of the last look; there is no look while there are records by it. */
  #tail = 0

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
    const there = this.#see(wanted)
    if (there > 1) this.#fetch(there)
    return there
  }

  /** First word of the record `ahead` places after the oldest. For many, `slot(0)` and steps from `begin` to `end` are faster. */
  slot(ahead: number): number {
    const record = (this.#head + ahead) & (this.#capacity - 1)
    // Says to the compiler that it is neither negative nor large: checks fall away where it is used.
    return (this.begin + Math.imul(record, this.#recordWords)) & 0x7ffffff
  }

  /** Gives back the room of the oldest `count` records, which `peek` has shown. */
  release(count: number): void {
    const head = (this.#head + count) | 0
    this.#head = head
    Atomics.store(this.words, HEAD, head)
  }

  /** Copies up to `count` records to `target`, word `to` on, and releases them. Records taken. */
  burst(target: Int32Array, to: number, count: number): number {
    const taken = this.#see(count)
    if (taken === 0) return 0
    const { words, begin, end } = this
    const at = this.slot(0)
    const all = taken * this.#recordWords
    const part = Math.min(all, end - at)
    copyWords(words, at, target, to, part)
    copyWords(words, begin, target, to + part, all - part)
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

  /** Records that are there, `wanted` at most. */
  #see(wanted: number): number {
    let there = (this.#tail - this.#head) | 0
    if (there < wanted) there = this.#look(there)
    return there < wanted ? there : wanted
  }

  /** Records by a new look at the tail, or `there` as before by one that no producer could have. */
  #look(there: number): number {
    const tail = Atomics.load(this.words, TAIL)
    const claimed = (tail - this.#head) | 0
    if (claimed < there || claimed > this.#capacity) return there
    this.#tail = tail
    return claimed
  }

  /**
   * Reads a word of each cache line of the next records, up to 16 lines. A loop that does something with each record gets to the next
   * line late, and waits for one line of the other processor after another; so they all come at the same time. Four lines a step: V8 looks
   * at an array's kind and length once in each.
   */
  #fetch(count: number): number {
    const { words, end } = this
    let word = this.slot(0)
    const last = Math.min((word + Math.imul(count, this.#recordWords)) | 0, (word + 256) | 0, end | 0)
    // Nobody wants the bits; V8 does not leave the reads out for that (seen in Node 20 and 24).
    let bits = 0
    for (; word + 48 < last; word = (word + 64) | 0) {
      const at = word & 0x7ffffff
      bits |= words[at] | words[at + 16] | words[at + 32] | words[at + 48]
    }
    for (; word < last; word = (word + 16) | 0) bits |= words[word & 0x7ffffff]
    return bits
  }
}

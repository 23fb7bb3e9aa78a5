import { copyWords } from './copy-words.js'
import { HEAD, Header, HEADER_WORDS, TAIL } from './layout.js'
import type { SpscRing } from './ring.js'

/**
 * The writing end of a ring. What the other side says is believed only as far as it can be true: a head that no consumer
 * could have leaves the ring as it was, and no record is ever out of place.
 */
export class Producer {
  // `declare`, and a number from the start: a field that is undefined first is one of any kind for V8, which then looks at its kind at every
  // use. A loop over records that takes `words`, `begin` and `end` from such fields needs 1.7 times as long.
  /** The ring's memory: records are written into it, from `slot` on. */
  declare readonly words: Int32Array
  /** First word of the first record, and the one after the last: a record's words follow one another, and after the last one comes the first. */
  declare readonly begin: number
  declare readonly end: number
  readonly #recordWords: number = 0
  readonly #capacity: number = 0
  #tail = 0
  /** A capacity after the head, as of the last look; there is no look while there is room by it. */
  #limit = 0

  constructor(ring: SpscRing) {
    const { words, capacity, recordWords } = ring
    this.words = words
    this.begin = HEADER_WORDS
    this.end = HEADER_WORDS + capacity * recordWords
    this.#recordWords = recordWords
    this.#capacity = capacity
    this.#tail = Atomics.load(words, TAIL)
    this.#limit = this.#tail
  }

  /** How many records, `wanted` at most, there is room for now; never more than the ring holds. */
  reserve(wanted: number): number {
    let free = (this.#limit - this.#tail) | 0
    if (free < wanted) free = this.#look(free)
    return free < wanted ? free : wanted
  }

  /** First word of the record `ahead` places after the next one to be written. For many, `slot(0)` and steps from `begin` to `end` are faster. */
  slot(ahead: number): number {
    const record = (this.#tail + ahead) & (this.#capacity - 1)
    // Says to the compiler that it is neither negative nor large: checks fall away where it is used.
    return (this.begin + Math.imul(record, this.#recordWords)) & 0x7ffffff
  }

  /** Hands over the next `count` records, which `reserve` has granted and the caller has written. */
  commit(count: number): void {
    const tail = (this.#tail + count) | 0
    this.#tail = tail
    Atomics.store(this.words, TAIL, tail)
  }

  /** Copies records from `source`, word `from` on: as many of `count` as there is room for. Records taken; the rest stays with the caller. */
  burst(source: Int32Array, from: number, count: number): number {
    const taken = this.reserve(count)
    this.#put(source, from, taken)
    return taken
  }

  /** Copies all `count` records or none, then it returns false; always for more than the ring holds. */
  bulk(source: Int32Array, from: number, count: number): boolean {
    if (this.reserve(count) < count) return false
    this.#put(source, from, count)
    return true
  }

  /** Copies what there is room for, and counts the rest as dropped. Records taken. */
  offer(source: Int32Array, from: number, count: number): number {
    const taken = this.burst(source, from, count)
    if (taken < count) Atomics.add(this.words, Header.dropped, count - taken)
    return taken
  }

  /** No more records will come; those that are in the ring can still be read. */
  close(): void {
    Atomics.store(this.words, Header.closed, 1)
  }

  /** Whether the consumer has gone: nothing that is written will be read. */
  get abandoned(): boolean {
    return Atomics.load(this.words, Header.left) === 1
  }

  /** Free records by a new look at the head, or `free` as before by one that no consumer could have. */
  #look(free: number): number {
    const head = Atomics.load(this.words, HEAD)
    const used = (this.#tail - head) | 0
    if (used < 0 || used > this.#capacity) return free
    this.#limit = (head + this.#capacity) | 0
    return this.#capacity - used
  }

  #put(source: Int32Array, from: number, count: number): void {
    if (count === 0) return
    const { words, begin, end } = this
    const at = this.slot(0)
    const all = count * this.#recordWords
    const part = Math.min(all, end - at)
    copyWords(source, from, words, at, part)
    copyWords(source, from + part, words, begin, all - part)
    this.commit(count)
  }
}

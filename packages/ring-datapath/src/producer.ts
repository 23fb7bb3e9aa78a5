import { Header, HEADER_WORDS } from './layout.js'
import type { Ring } from './ring.js'

/**
 * The writing end of a ring. What the other side says is believed only as far as it can be true: a head that no consumer
 * could have leaves the ring as it was, and no record is ever out of place.
 */
export class Producer {
  /** The ring's memory: records are written into it, from `slot` on. */
  readonly words: Int32Array
  readonly #recordWords: number
  readonly #mask: number
  #tail: number
  /** The head as of the last look; there is no look while there is room by it. */
  #head: number

  constructor(ring: Ring) {
    this.words = ring.words
    this.#recordWords = ring.recordWords
    this.#mask = ring.capacity - 1
    this.#tail = Atomics.load(ring.words, Header.tail)
    this.#head = (this.#tail - ring.capacity) | 0
  }

  /** How many records, `wanted` at most, there is room for now. */
  reserve(wanted: number): number {
    let free = this.#mask + 1 - ((this.#tail - this.#head) | 0)
    if (free < wanted) {
      const head = Atomics.load(this.words, Header.head)
      const used = (this.#tail - head) | 0
      if (used >= 0 && used <= this.#mask + 1) {
        this.#head = head
        free = this.#mask + 1 - used
      }
    }
    return free < wanted ? free : wanted
  }

  /** First word of the record `ahead` places after the next one to be written. */
  slot(ahead: number): number {
    return HEADER_WORDS + ((this.#tail + ahead) & this.#mask) * this.#recordWords
  }

  /** Hands over the next `count` records, which `reserve` has granted and the caller has written. */
  commit(count: number): void {
    this.#tail = (this.#tail + count) | 0
    Atomics.store(this.words, Header.tail, this.#tail)
  }

  /** Copies records from `source`, word `from` on: as many of `count` as there is room for. Records taken; the rest stays with the caller. */
  burst(source: Int32Array, from: number, count: number): number {
    const taken = this.reserve(count)
    this.#put(source, from, taken)
    return taken
  }

  /** Copies all `count` records or none, then it returns false. */
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

  #put(source: Int32Array, from: number, count: number): void {
    if (count === 0) return
    const { words } = this
    const recordWords = this.#recordWords
    let word = from
    for (let i = 0; i < count; i++) {
      const slot = this.slot(i)
      for (let k = 0; k < recordWords; k++) words[slot + k] = source[word++]
    }
    this.commit(count)
  }
}

import { copyBytes, freshWords } from '../bytes.js'
import type { Words } from '../bytes.js'
import type { TransmitQueue } from '../transmit-queue.js'

/** Bytes of a stream by sequence number: byte `seq` lies at `(seq - origin)` modulo the size, a power of two. */
export class Ring {
  readonly bytes: Words
  readonly #mask: number
  readonly #origin: number

  /** `least`: bytes that it holds at least. `origin`: the sequence number of the stream's first byte, which lies on a word. */
  constructor(least: number, origin: number) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(least, 4)))
    this.bytes = freshWords(size)
    this.#mask = size - 1
    this.#origin = origin
  }

  /** Stores bytes from `seq` on. */
  store(seq: number, from: Words, at: number, length: number): void {
    const place = (seq - this.#origin) & this.#mask
    const first = Math.min(length, this.#mask + 1 - place)
    copyBytes(from, at, this.bytes, place, first)
    if (first < length) copyBytes(from, at + first, this.bytes, 0, length - first)
  }

  /** Reads the bytes from `seq` on. */
  load(seq: number, to: Words, at: number, length: number): void {
    const place = (seq - this.#origin) & this.#mask
    const first = Math.min(length, this.#mask + 1 - place)
    copyBytes(this.bytes, place, to, at, first)
    if (first < length) copyBytes(this.bytes, 0, to, at + first, length - first)
  }

  /** Appends the bytes from `seq` on to the frame under construction. */
  emit(transmit: TransmitQueue, seq: number, length: number): void {
    const place = (seq - this.#origin) & this.#mask
    const first = Math.min(length, this.#mask + 1 - place)
    transmit.put(this.bytes, place, first)
    if (first < length) transmit.put(this.bytes, 0, length - first)
  }

  /** The bytes from `seq` on, as a copy. */
  copy(seq: number, length: number): Uint8Array {
    const words = freshWords(length)
    this.load(seq, words, 0, length)
    return words.u8.slice(0, length)
  }
}

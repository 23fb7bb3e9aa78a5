import type { Arena } from '@npa/memory'
import { Frame, FRAME_WORDS } from '../frame-batch.js'
import type { FrameBatch } from '../frame-batch.js'

/** Longest frame that a wire carries, bytes without FCS: the packet buffers of real chips take no longer ones (15.5 KiB in the 82599). */
export const MAX_WIRE_FRAME = 16384

/** Frames start at multiples of this, a cache line. */
const ALIGN = 64

/**
 * A bounded queue of frames, copied one behind the other into a ring of bytes in the arena. Every frame lies in one piece and
 * keeps its record and a number of the owner's, its key.
 */
export class FrameStore {
  readonly #u8: Uint8Array
  readonly #base: number
  readonly #bytes: number
  readonly #mask: number
  readonly #words: Int32Array
  readonly #spans: Int32Array
  readonly #keys: Float64Array
  /** Free-running: frames ever taken out, and put in. */
  #head = 0
  #tail = 0
  #place = 0
  #used = 0

  /** `bytes` is a power of two, at least 2 · `MAX_WIRE_FRAME`: throws a `RangeError` otherwise, or when the arena is full. */
  constructor(arena: Arena, bytes: number) {
    if (!Number.isInteger(Math.log2(bytes)) || bytes < 2 * MAX_WIRE_FRAME) {
      throw new RangeError(`frame store of ${bytes} bytes: a power of two from ${2 * MAX_WIRE_FRAME} is expected`)
    }
    this.#u8 = arena.u8
    this.#base = arena.allocate(bytes)
    this.#bytes = bytes
    const slots = bytes / ALIGN
    this.#mask = slots - 1
    this.#words = new Int32Array(slots * FRAME_WORDS)
    this.#spans = new Int32Array(slots)
    this.#keys = new Float64Array(slots)
  }

  get count(): number {
    return (this.#tail - this.#head) | 0
  }

  /** Whether any frame fits now. */
  get roomy(): boolean {
    return this.#bytes - this.#used >= 2 * MAX_WIRE_FRAME
  }

  /** Copies frame `index` of a batch, with zeros behind it up to `atLeast` bytes; false when it does not fit. */
  push(batch: FrameBatch, index: number, atLeast: number, key: number): boolean {
    const from = index * FRAME_WORDS
    const length = batch.words[from + Frame.length]
    const padded = Math.max(length, atLeast)
    const room = Math.max(padded + ALIGN - 1, ALIGN) & -ALIGN
    let span = room
    let place = this.#place
    if (place + span > this.#bytes) {
      // The rest of the ring is too short for one piece: it stays empty and counts as this frame's.
      span += this.#bytes - place
      place = 0
    }
    if (this.#used + span > this.#bytes) return false
    const at = this.#base + place
    const source = batch.words[from + Frame.address]
    this.#u8.copyWithin(at, source, source + length)
    if (padded > length) this.#u8.fill(0, at + length, at + padded)
    const slot = this.#tail & this.#mask
    const to = slot * FRAME_WORDS
    for (let i = 0; i < FRAME_WORDS; i++) this.#words[to + i] = batch.words[from + i]
    this.#words[to + Frame.address] = at
    this.#words[to + Frame.length] = padded
    this.#spans[slot] = span
    this.#keys[slot] = key
    this.#tail = (this.#tail + 1) | 0
    this.#used += span
    this.#place = (place + room) & (this.#bytes - 1)
    return true
  }

  /** Key of the frame that is `index` behind the first. */
  key(index: number): number {
    return this.#keys[(this.#head + index) & this.#mask]
  }

  /** Puts the records of the first `count` frames into a batch. The bytes stay here until `shift`. */
  peek(batch: FrameBatch, count: number): void {
    for (let i = 0; i < count; i++) {
      const from = ((this.#head + i) & this.#mask) * FRAME_WORDS
      for (let k = 0; k < FRAME_WORDS; k++) batch.words[i * FRAME_WORDS + k] = this.#words[from + k]
    }
    batch.n = count
  }

  /** Forgets the first `count` frames. */
  shift(count: number): void {
    for (let i = 0; i < count; i++) {
      this.#used -= this.#spans[this.#head & this.#mask]
      this.#head = (this.#head + 1) | 0
    }
  }
}

import type { Arena } from '@npa/memory'

/**
 * Frames start on a granule. A copy between places that are not equal modulo 8 is several times slower in shared memory, and the
 * buffers of drivers are aligned.
 */
const GRANULE = 32

/** Words of metadata with each frame, free for the owner. */
export const TAG_WORDS = 8

/**
 * A packet buffer of a chip: frames in order of arrival, each in one piece, in on-chip memory. It tells its owner how often
 * the place of storage has run through the whole buffer, which is what a driver sees of it.
 */
export class PacketFifo {
  readonly #at: number
  readonly #limit: number
  #bytes: number
  /** Of frame i (modulo capacity): first byte, length, granule bytes taken, then the owner's words. */
  readonly #start: Int32Array
  readonly #length: Int32Array
  readonly #span: Int32Array
  /** The owner's words: frame slot times `TAG_WORDS`. */
  readonly tags: Int32Array
  #head = 0
  #count = 0
  #write = 0
  #used = 0
  #reservedSkip = 0
  #reservedSpan = 0
  /** Times that storage began anew at the buffer's start. */
  wraps = 0

  /** Takes `bytes` of the arena for good. */
  constructor(arena: Arena, bytes: number) {
    this.#at = arena.allocate(bytes)
    this.#limit = bytes
    this.#bytes = bytes
    const frames = bytes / (2 * GRANULE)
    this.#start = new Int32Array(frames)
    this.#length = new Int32Array(frames)
    this.#span = new Int32Array(frames)
    this.tags = new Int32Array(frames * TAG_WORDS)
  }

  get count(): number {
    return this.#count
  }

  get bytesUsed(): number {
    return this.#used
  }

  /** Drops everything and sets the size in use, at most what was allocated. */
  clear(bytes: number): void {
    this.#bytes = Math.min(bytes, this.#limit)
    this.#head = 0
    this.#count = 0
    this.#write = 0
    this.#used = 0
    this.wraps = 0
  }

  /** The arena offset at which a frame of up to `length` bytes may be put, or -1 when there is no room now. */
  reserve(length: number): number {
    const span = (length + GRANULE - 1) & -GRANULE
    if (this.#count === this.#start.length) return -1
    const skip = this.#write + span > this.#bytes ? this.#bytes - this.#write : 0
    if (span > this.#bytes || this.#used + skip + span > this.#bytes) return -1
    this.#reservedSkip = skip
    this.#reservedSpan = span
    return this.#at + (skip > 0 ? 0 : this.#write)
  }

  /** Keeps the frame that was put at the reserved place; returns its slot. */
  commit(length: number): number {
    let slot = this.#head + this.#count
    if (slot >= this.#start.length) slot -= this.#start.length
    if (this.#reservedSkip > 0) {
      this.#write = 0
      this.wraps++
    }
    this.#start[slot] = this.#at + this.#write
    this.#length[slot] = length
    this.#span[slot] = this.#reservedSpan + this.#reservedSkip
    this.#used += this.#reservedSpan + this.#reservedSkip
    this.#write += this.#reservedSpan
    if (this.#write === this.#bytes) {
      this.#write = 0
      this.wraps++
    }
    this.#count++
    return slot
  }

  /** The slot of the oldest frame plus `behind`; -1 when there is none. */
  slot(behind = 0): number {
    if (behind >= this.#count) return -1
    const slot = this.#head + behind
    return slot >= this.#start.length ? slot - this.#start.length : slot
  }

  start(slot: number): number {
    return this.#start[slot]
  }

  length(slot: number): number {
    return this.#length[slot]
  }

  /** Removes the oldest frame. */
  shift(): void {
    this.#used -= this.#span[this.#head]
    this.#head = this.#head + 1 === this.#start.length ? 0 : this.#head + 1
    this.#count--
  }
}

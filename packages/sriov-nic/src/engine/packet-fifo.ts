import type { StateIo } from '@npa/core'
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
  readonly #u8: Uint8Array
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
    this.#u8 = arena.u8
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

  /**
   * The frames in order, each with its bytes and what `more` adds. Frames have `least` bytes or more. Where they stand follows from where
   * the next one will, and from the room that each takes.
   */
  walkState(io: StateIo, least: number, more: (io: StateIo, slot: number) => void): void {
    this.#bytes = io.integer('size', this.#bytes, 0, this.#limit)
    this.wraps = io.integer('wraps', this.wraps, 0, Number.MAX_SAFE_INTEGER)
    this.#write = io.integer('write', this.#write, 0, Math.max(this.#bytes - 1, 0))
    const now = Array.from({ length: this.#count }, (_, behind) => this.#span[this.slot(behind)])
    const spans = io.integers('spans', now, this.#start.length, GRANULE, this.#limit)
    const room = io.restoring ? this.#lay(io, spans) : spans
    const frames = io.list('frames', spans.length, spans.length, (one, behind) => {
      const slot = this.slot(behind)
      const start = this.#start[slot]
      this.#length[slot] = one.integer('length', this.#length[slot], least, room[behind])
      one.bytes('bytes', this.#u8.subarray(start, start + this.#length[slot]))
      more(one, slot)
    })
    io.consistent('frames', frames === spans.length)
  }

  /** Finds where frames stand that take so much room, the oldest in the first slot; how many bytes each may have. */
  #lay(io: StateIo, spans: readonly number[]): readonly number[] {
    const size = this.#bytes
    this.#head = 0
    this.#count = spans.length
    this.#used = spans.reduce((sum, span) => sum + span, 0)
    io.consistent('write', ((size | this.#write) & (GRANULE - 1)) === 0)
    io.consistent('spans', this.#used <= size)
    const room: number[] = []
    let at = size === 0 ? 0 : (this.#write - this.#used + size) % size
    for (const [slot, span] of spans.entries()) {
      const skip = at + span > size ? size - at : 0
      io.consistent('spans', (span & (GRANULE - 1)) === 0 && span > skip)
      room.push(span - skip)
      this.#span[slot] = span
      this.#start[slot] = this.#at + (skip > 0 ? 0 : at)
      at = skip > 0 ? span - skip : at + span
      if (at === size) at = 0
    }
    return room
  }

  /** Removes the oldest frame. */
  shift(): void {
    this.#used -= this.#span[this.#head]
    this.#head = this.#head + 1 === this.#start.length ? 0 : this.#head + 1
    this.#count--
  }
}

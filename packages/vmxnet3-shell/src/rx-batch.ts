import { frameSegments } from '@npa/core'
import type { FrameSegments, NetDeviceUser, PacketBuffers } from '@npa/core'

/** Word offsets in an entry. */
const Entry = { count: 0, csum: 1, vlan: 2, segment: 8 } as const
const SEGMENT_WORDS = 3
/** 64 words: 8 and `MAX_SEGMENTS` segments take 56. */
const ENTRY_SHIFT = 6

/** Most frames between two deliveries. */
export const RX_BATCH = 64

/**
 * Received frames on their way up. They are delivered when the plugin has returned, so that the stack (which may send at once) never
 * runs inside a plugin and its errors never pass through one.
 */
export class RxBatch {
  readonly #words: Int32Array = new Int32Array(RX_BATCH << ENTRY_SHIFT)
  readonly #frame: FrameSegments = frameSegments()
  #count = 0

  /** Frames not yet delivered, at most `RX_BATCH`. */
  get count(): number {
    return this.#count
  }

  /** Starts a frame, without pieces. */
  begin(csum: number, vlan: number): void {
    const entry = this.#count << ENTRY_SHIFT
    this.#words[entry + Entry.count] = 0
    this.#words[entry + Entry.csum] = csum
    this.#words[entry + Entry.vlan] = vlan
  }

  /** Adds a piece to the frame begun; at most `MAX_SEGMENTS`. */
  add(buffer: number, offset: number, length: number): void {
    const entry = this.#count << ENTRY_SHIFT
    const at = entry + Entry.segment + this.#words[entry + Entry.count]++ * SEGMENT_WORDS
    this.#words[at] = buffer
    this.#words[at + 1] = offset
    this.#words[at + 2] = length
  }

  /** The frame begun is whole. */
  commit(): void {
    this.#count++
  }

  /** Hands every frame to the stack, in order; from here the buffers are the stack's. */
  deliver(user: NetDeviceUser): void {
    const count = this.#count
    this.#count = 0
    const frame = this.#frame
    for (let n = 0; n < count; n++) {
      const entry = n << ENTRY_SHIFT
      frame.count = this.#words[entry + Entry.count]
      frame.csum = this.#words[entry + Entry.csum]
      frame.vlan = this.#words[entry + Entry.vlan]
      for (let i = 0; i < frame.count; i++) {
        const at = entry + Entry.segment + i * SEGMENT_WORDS
        frame.buffer[i] = this.#words[at]
        frame.offset[i] = this.#words[at + 1]
        frame.length[i] = this.#words[at + 2]
      }
      user.receive(frame)
    }
  }

  /** Frees every frame's buffers instead; returns the number of frames. */
  discard(pool: PacketBuffers): number {
    const count = this.#count
    this.#count = 0
    for (let n = 0; n < count; n++) {
      const entry = n << ENTRY_SHIFT
      const last = entry + Entry.segment + this.#words[entry + Entry.count] * SEGMENT_WORDS
      for (let at = entry + Entry.segment; at < last; at += SEGMENT_WORDS) pool.free(this.#words[at])
    }
    return count
  }
}

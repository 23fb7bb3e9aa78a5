import type { Counters, FrameSegments, PacketBuffers } from '@npa/core'
import { copyBytes, freshWords, wordsOf } from './bytes.js'
import type { Words } from './bytes.js'

/** Longest received frame: what a device may put together of a stream (LRO) is an IPv4 datagram with its Ethernet header and tag. */
const LONGEST = 65535 + 18

/** Looks at received frames in one piece, and gives their buffers back. */
export class Receiver {
  /** Where the frame that `take` took lies. */
  bytes: Words
  at = 0
  length = 0
  readonly #buffers: PacketBuffers
  readonly #pool: Words
  readonly #counters: Counters
  readonly #frames: number
  readonly #bytes: number
  readonly #malformed: number
  /** For frames in several buffers; made when the first one comes. */
  #scratch: Words | undefined

  constructor(buffers: PacketBuffers, counters: Counters) {
    this.#buffers = buffers
    this.#pool = wordsOf(buffers.u8)
    this.bytes = this.#pool
    this.#counters = counters
    this.#frames = counters.slot('rx.frames')
    this.#bytes = counters.slot('rx.bytes')
    this.#malformed = counters.slot('rx.dropped.malformed')
  }

  /** False, and counted, when the record makes no sense: its lengths are those of a device, which nobody vouches for. */
  take(frame: FrameSegments): boolean {
    const { size } = this.#buffers
    let length = 0
    for (let i = 0; i < frame.count; i++) {
      if (frame.length[i] < 0 || frame.offset[i] < 0 || frame.offset[i] + frame.length[i] > size) return this.#drop()
      length += frame.length[i]
    }
    if (length > LONGEST) return this.#drop()
    this.length = length
    this.#counters.values[this.#frames]++
    this.#counters.values[this.#bytes] += length
    this.bytes = this.#pool
    this.at = frame.buffer[0] * size + frame.offset[0]
    if (frame.count !== 1) this.#gather(frame)
    return true
  }

  /** Frees the frame's buffers. */
  release(frame: FrameSegments): void {
    for (let i = 0; i < frame.count; i++) this.#buffers.free(frame.buffer[i])
  }

  #gather(frame: FrameSegments): void {
    this.#scratch ??= freshWords(LONGEST)
    let end = 0
    for (let i = 0; i < frame.count; i++) {
      copyBytes(this.#pool, frame.buffer[i] * this.#buffers.size + frame.offset[i], this.#scratch, end, frame.length[i])
      end += frame.length[i]
    }
    this.bytes = this.#scratch
    this.at = 0
  }

  #drop(): boolean {
    this.#counters.values[this.#malformed]++
    return false
  }
}

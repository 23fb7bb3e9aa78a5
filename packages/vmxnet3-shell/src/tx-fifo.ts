import type { FrameSegments } from '@npa/core'
import { SendFlag, SendInfo, SgList } from '@npa/plugin-api/guest'
import type { BufferPool } from './buffer-pool.js'
import type { PluginWindow } from './plugin-window.js'
import type { TxHeaders } from './tx-headers.js'

/** Word offsets in an entry: a frame with all that is needed to send it again. */
const Entry = { count: 0, bytes: 1, ip: 2, l4: 3, data: 4, flags: 5, vlan: 6, segment: 8 } as const
/** {buffer, offset, length} */
const SEGMENT_WORDS = 3
/** 64 words: 8 and `MAX_SEGMENTS` segments take 56. */
const ENTRY_SHIFT = 6

/**
 * The frames that a transmit queue took from the stack, oldest first: those handed to the plugin, then those still waiting. The
 * three cursors run freely and are subtracted modulo 2^32.
 */
export class TxFifo {
  readonly #pool: BufferPool
  readonly #words: Int32Array
  readonly #mask: number
  #head = 0
  #placed = 0
  #tail = 0

  /** Room for at least `frames`. */
  constructor(pool: BufferPool, frames: number) {
    const entries = 2 ** Math.ceil(Math.log2(frames))
    this.#pool = pool
    this.#words = new Int32Array(entries << ENTRY_SHIFT)
    this.#mask = entries - 1
  }

  get full(): boolean {
    return ((this.#tail - this.#head) | 0) > this.#mask
  }

  /** Frames taken and not completed. */
  get length(): number {
    return (this.#tail - this.#head) | 0
  }

  /** Frames that the plugin has. */
  get placed(): number {
    return (this.#placed - this.#head) | 0
  }

  /** Frames that the plugin does not have yet. */
  get waiting(): number {
    return (this.#tail - this.#placed) | 0
  }

  /** Takes a frame and its buffers; `flags` are `SendFlag` bits. */
  push(frame: FrameSegments, headers: TxHeaders, flags: number): void {
    const words = this.#words
    const entry = this.#entry(this.#tail)
    let bytes = 0
    for (let i = 0; i < frame.count; i++) {
      const at = entry + Entry.segment + i * SEGMENT_WORDS
      words[at] = frame.buffer[i]
      words[at + 1] = frame.offset[i]
      words[at + 2] = frame.length[i]
      bytes += frame.length[i]
      this.#pool.syncForDevice(frame.buffer[i], frame.offset[i], frame.length[i])
    }
    words[entry + Entry.count] = frame.count
    words[entry + Entry.bytes] = bytes
    words[entry + Entry.ip] = headers.ip
    words[entry + Entry.l4] = headers.l4
    words[entry + Entry.data] = headers.data
    words[entry + Entry.flags] = flags
    words[entry + Entry.vlan] = frame.vlan
    this.#tail = (this.#tail + 1) | 0
  }

  /** Fills the window's `SendInfo` and `SgList` for the oldest waiting frame. */
  describe(to: PluginWindow): void {
    const words = this.#words
    const window = to.i32
    const entry = this.#entry(this.#placed)
    const flags = words[entry + Entry.flags]
    window[to.sendInfo + SendInfo.ipHeaderOffset] = words[entry + Entry.ip]
    window[to.sendInfo + SendInfo.l4HeaderOffset] = words[entry + Entry.l4]
    window[to.sendInfo + SendInfo.l4DataOffset] = words[entry + Entry.data]
    window[to.sendInfo + SendInfo.flags] = flags
    window[to.sendInfo + SendInfo.vlanTag] = (flags & SendFlag.vlan) !== 0 ? words[entry + Entry.vlan] : 0
    const count = words[entry + Entry.count]
    window[to.sgList + SgList.elements] = count
    window[to.sgList + SgList.totalLength] = words[entry + Entry.bytes]
    for (let i = 0; i < count; i++) {
      const at = entry + Entry.segment + i * SEGMENT_WORDS
      const element = to.sgList + SgList.element + i * SgList.elementWords
      this.#pool.address(words[at], words[at + 1], window, element)
      window[element + 2] = words[at + 2]
    }
  }

  /** The plugin has the oldest waiting frame now. */
  place(): void {
    this.#placed = (this.#placed + 1) | 0
  }

  /** No plugin has any of the frames any more. */
  rewind(): void {
    this.#placed = this.#head
  }

  /** Frees the buffers of the oldest `frames`, which are placed; returns their bytes. */
  release(frames: number): number {
    const words = this.#words
    let bytes = 0
    for (let n = 0; n < frames; n++) {
      const entry = this.#entry(this.#head)
      const count = words[entry + Entry.count]
      bytes += words[entry + Entry.bytes]
      this.#head = (this.#head + 1) | 0
      for (let i = 0; i < count; i++) this.#pool.free(words[entry + Entry.segment + i * SEGMENT_WORDS])
    }
    return bytes
  }

  /** Frees every frame; returns how many there were. */
  clear(): number {
    const frames = this.length
    this.#placed = this.#tail
    this.release(frames)
    return frames
  }

  #entry(cursor: number): number {
    return (cursor & this.#mask) << ENTRY_SHIFT
  }
}

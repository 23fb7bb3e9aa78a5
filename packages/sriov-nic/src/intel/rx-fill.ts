import type { Arena, Dma } from '@npa/memory'
import { RxHeader, RxPacketType, RxStatus, SplitType } from './descriptors.js'
import type { RxDescriptors } from './rx-descriptors.js'
import type { RxFrame } from './rx-host.js'
import { SplitMode, TagMode } from './rx-settings.js'
import type { RxSettings } from './rx-settings.js'

const CHECKSUM_ERRORS = RxStatus.l4Error | RxStatus.ipError
/** In a legacy descriptor they stand in word 3, so much lower. */
const LEGACY_ERRORS = 16
const ADDRESSES = 12
const TAG_BYTES = 4

/** Puts frames into buffers, and makes their descriptors on chip what will be written back (82599, 7.1.5, 7.1.6, 7.1.10). */
export class RxFill {
  readonly #arena: Arena
  readonly #descriptors: RxDescriptors
  readonly #settings: RxSettings
  readonly #errorShift: number
  /** Of the frame planned last: bytes without a tag that goes; those for the header's buffer; descriptors that it takes. */
  bytes = 0
  headerBytes = 0
  needed = 0
  strip = false
  /** Word 0's part on the header, and the status bit of one that is too long. */
  #header = 0
  #overflow = 0
  #tag = -1
  /** Of the frame filled last: the first and the last descriptor's slot; the last buffer's address and the bytes in it. */
  firstSlot = 0
  lastSlot = 0
  lastLo = 0
  lastHi = 0
  lastBytes = 0
  /** Where its headers are. */
  headerLo = 0
  headerHi = 0

  /** `errorShift`: see `RxLimits`. */
  constructor(arena: Arena, descriptors: RxDescriptors, settings: RxSettings, errorShift: number) {
    this.#arena = arena
    this.#errorShift = errorShift
    this.#descriptors = descriptors
    this.#settings = settings
  }

  /** Tag control information reported with the frame planned last, -1 for none. */
  get tag(): number {
    return this.#tag
  }

  /** Works out how a frame lies in a queue's buffers; `splitTypes` are bits of `SplitType`. */
  plan(q: number, frame: RxFrame, splitTypes: number): void {
    const settings = this.#settings
    const mode = frame.tagMode < 0 ? settings.tagMode[q] : frame.tagMode
    this.strip = frame.tagged && mode !== TagMode.keep
    this.bytes = this.strip ? frame.bytes - TAG_BYTES : frame.bytes
    const { u8 } = this.#arena
    this.#tag = this.strip && mode === TagMode.strip ? (u8[frame.at + 14] << 8) | u8[frame.at + 15] : -1
    this.headerBytes = 0
    this.#header = 0
    this.#overflow = 0
    if (settings.split[q] !== SplitMode.none) this.#split(q, frame, splitTypes)
    const rest = this.bytes - this.headerBytes
    const room = settings.bufferBytes[q]
    this.needed = rest <= room ? 1 : Math.ceil(rest / room)
  }

  /** Moves the frame planned last. False when a transfer was refused. */
  fill(q: number, dma: Dma, frame: RxFrame): boolean {
    const { i32 } = this.#arena
    const size = this.#settings.bufferBytes[q]
    let from = this.headerBytes
    for (let n = 0; n < this.needed; n++) {
      const slot = this.#descriptors.take(q)
      const word = this.#descriptors.word(q, slot)
      const lo = i32[word] >>> 0
      const hi = i32[word + 1] >>> 0
      if (n === 0) {
        this.firstSlot = slot
        const split = from > 0
        this.headerLo = split ? (i32[word + 2] & ~1) >>> 0 : lo
        this.headerHi = split ? i32[word + 3] >>> 0 : hi
        if (split && !this.move(dma, frame, 0, from, this.headerLo, this.headerHi)) return false
      }
      const piece = Math.min(size, this.bytes - from)
      if (!this.move(dma, frame, from, piece, lo, hi)) return false
      from += piece
      this.lastSlot = slot
      this.lastLo = lo
      this.lastHi = hi
      this.lastBytes = piece
      this.#describe(q, word, frame, piece, n === 0, n === this.needed - 1)
    }
    return true
  }

  /** Moves bytes of a frame, `from` counted without a tag that goes. */
  move(dma: Dma, frame: RxFrame, from: number, bytes: number, lo: number, hi: number): boolean {
    const { at } = frame
    if (bytes <= 0) return true
    if (!this.strip) return dma.write(at + from, bytes, lo, hi)
    if (from > 0) return dma.write(at + TAG_BYTES + from, bytes, lo, hi)
    // The tag is left out: the two pieces around it.
    const rest = lo + ADDRESSES
    return (
      dma.write(at, ADDRESSES, lo, hi) &&
      dma.write(at + ADDRESSES + TAG_BYTES, bytes - ADDRESSES, rest >>> 0, rest > 0xffffffff ? hi + 1 : hi)
    )
  }

  #describe(q: number, word: number, frame: RxFrame, bytes: number, first: boolean, last: boolean): void {
    const { i32 } = this.#arena
    const vp = this.#tag < 0 ? 0 : RxStatus.vlanPacket
    const status = RxStatus.done | (last ? RxStatus.eop | frame.status | vp : 0) | (first ? this.#overflow : 0)
    const errors = (status & CHECKSUM_ERRORS) >>> this.#errorShift
    const tag = last && this.#tag >= 0 ? this.#tag << 16 : 0
    if (this.#settings.legacy[q] === 1) {
      i32[word + 2] = bytes
      i32[word + 3] = (status & 0xff) | (errors >>> LEGACY_ERRORS) | tag
    } else {
      i32[word] = frame.packetInfo | (first ? this.#header : 0)
      i32[word + 1] = frame.rssHash
      i32[word + 2] = (status & ~CHECKSUM_ERRORS) | errors
      i32[word + 3] = bytes | tag
    }
  }

  /** The manual's table of header split (7.1.10). */
  #split(q: number, frame: RxFrame, types: number): void {
    const always = this.#settings.split[q] === SplitMode.always
    const cut = this.strip ? TAG_BYTES : 0
    const header = Math.max(splitAt(frame, types) - cut, 0)
    const room = this.#settings.headerBytes[q]
    if (header > 0 && header <= room) {
      this.headerBytes = header
      this.#header = (header << RxHeader.lengthShift) | RxHeader.split
      return
    }
    if (header > 0) this.#overflow = RxStatus.headerOverflow
    if (always) this.headerBytes = Math.min(this.bytes, room)
    const told = always ? this.headerBytes : Math.min(header, RxHeader.lengthMask)
    this.#header = told << RxHeader.lengthShift
  }
}

/** Where a frame is split, 0 for nowhere: behind the last of its headers that is wanted. */
function splitAt(frame: RxFrame, types: number): number {
  const info = frame.packetInfo
  if ((info & RxPacketType.etherType) !== 0) return 0
  const l4 =
    ((info & RxPacketType.tcp) !== 0 ? SplitType.tcp : 0) | ((info & RxPacketType.udp) !== 0 ? SplitType.udp : 0)
  if (frame.l4End > 0 && (types & l4) !== 0) return frame.l4End
  const l3 =
    ((info & RxPacketType.ipv4) !== 0 ? SplitType.ipv4 : 0) | ((info & RxPacketType.ipv6) !== 0 ? SplitType.ipv6 : 0)
  if (frame.l3End > 0 && (types & l3) !== 0) return frame.l3End
  return (types & SplitType.ethernet) === 0 ? 0 : frame.tagged ? 18 : 14
}

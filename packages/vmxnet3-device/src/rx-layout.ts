import { Frame, FrameFlag, ethernet, putU16be, sumBytes, u16be, udp } from '@npa/wire'
import { MAX_LRO_SEGMENTS } from './chip-memory.js'
import type { ChipMemory } from './chip-memory.js'
import type { LroFlow } from './lro-flow.js'

/** Bytes of the two MAC addresses, behind which a tag stands. */
const TAG_AT = 12
const TAG_BYTES = 4

/** Most pieces: addresses, tag, up to the checksum, the checksum, the rest, padding; or addresses, tag, headers, payloads. */
const MAX_PIECES = 6 + MAX_LRO_SEGMENTS

/**
 * How a received frame looks to the driver, as pieces of the arena one behind the other: tag put in or left out, checksum completed,
 * short frame padded. So the payload is still copied once.
 */
export class RxLayout {
  readonly at: Int32Array = new Int32Array(MAX_PIECES)
  readonly length: Int32Array = new Int32Array(MAX_PIECES)
  pieces = 0
  bytes = 0
  /** TCI of a tag that is not in the pieces, or -1. */
  stripped = -1
  /** A wanted checksum was completed. */
  completed = false
  readonly #u8: Uint8Array
  readonly #chip: ChipMemory

  constructor(u8: Uint8Array, chip: ChipMemory) {
    this.#u8 = u8
    this.#chip = chip
  }

  /**
   * Lays out the frame whose record is at `record` of a batch's words; `tci` is its tag (see `frameTci`). A wanted checksum is
   * always completed: the driver may hand the frame on to where nobody would.
   */
  lay(words: Int32Array, record: number, tci: number, strip: boolean): void {
    const at = words[record + Frame.address]
    const end = at + words[record + Frame.length]
    const aside = (words[record + Frame.flags] & FrameFlag.vlan) !== 0
    let next = this.#begin(at, tci, aside, strip)
    next = this.#complete(words, record, at, next, end)
    this.#push(next, end - next)
    if (this.bytes < ethernet.MIN_FRAME_BYTES) this.#push(this.#chip.zeros, ethernet.MIN_FRAME_BYTES - this.bytes)
  }

  /** Lays out the segments of a flow behind one header, which lies at `header`. */
  layFlow(flow: LroFlow, header: number, strip: boolean): void {
    this.completed = false
    const next = this.#begin(header, flow.tci, flow.tagAside, strip)
    this.#push(next, header + flow.headerBytes - next)
    for (let n = 0; n < flow.segments; n++) this.#push(flow.payloadAt[n], flow.payloadBytes[n])
  }

  /** The addresses and the tag, where they are not as they lie there; returns where the rest begins. */
  #begin(at: number, tci: number, aside: boolean, strip: boolean): number {
    this.pieces = 0
    this.bytes = 0
    this.stripped = strip ? tci : -1
    if (tci < 0 || aside === strip) return at
    this.#push(at, TAG_AT)
    if (strip) return at + TAG_AT + TAG_BYTES
    this.#pushTag(tci)
    return at + TAG_AT
  }

  #complete(words: Int32Array, record: number, at: number, from: number, end: number): number {
    this.completed = false
    if ((words[record + Frame.flags] & FrameFlag.csumWanted) === 0) return from
    const start = at + words[record + Frame.csumStart]
    const offset = words[record + Frame.csumOffset]
    const field = start + offset
    if (start < from || offset < 0 || field + 2 > end) return from
    const sum = ~sumBytes(this.#u8, start, end - start, 0) & 0xffff
    // Zero says "no checksum" in UDP (RFC 768).
    putU16be(this.#u8, this.#chip.checksum, sum === 0 && offset === udp.Field.checksum ? 0xffff : sum)
    this.#push(from, field - from)
    this.#push(this.#chip.checksum, 2)
    this.completed = true
    return field + 2
  }

  #pushTag(tci: number): void {
    putU16be(this.#u8, this.#chip.tag, ethernet.EtherType.vlan)
    putU16be(this.#u8, this.#chip.tag + 2, tci)
    this.#push(this.#chip.tag, TAG_BYTES)
  }

  #push(at: number, length: number): void {
    if (length === 0) return
    this.at[this.pieces] = at
    this.length[this.pieces] = length
    this.pieces++
    this.bytes += length
  }
}

/** A frame's tag: the TCI beside its bytes, else that of an 802.1Q tag in them, else -1. */
export function frameTci(u8: Uint8Array, words: Int32Array, record: number): number {
  if ((words[record + Frame.flags] & FrameFlag.vlan) !== 0) return words[record + Frame.vlan] & 0xffff
  const at = words[record + Frame.address]
  const tagged =
    words[record + Frame.length] >= TAG_AT + TAG_BYTES + 2 && u16be(u8, at + TAG_AT) === ethernet.EtherType.vlan
  return tagged ? u16be(u8, at + TAG_AT + 2) : -1
}

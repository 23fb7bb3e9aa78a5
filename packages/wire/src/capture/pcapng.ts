import { putU16be } from '../protocol/bytes.js'
import { EtherType, Field as Ethernet } from '../protocol/ethernet.js'
import { TAG_BYTES } from '../protocol/vlan.js'
import { Chunks } from './chunks.js'
import { LINKTYPE_ETHERNET } from './pcap.js'

/** Block types (draft-ietf-opsawg-pcapng, 4). */
const Block = { section: 0x0a0d0d0a, interface: 1, journal: 9, packet: 6 } as const
/** Option codes (3.5, 4.1, 4.2, 4.3). */
const Opt = { end: 0, comment: 1, packetFlags: 2, interfaceName: 2, application: 4, resolution: 9 } as const

const BYTE_ORDER_MAGIC = 0x1a2b3c4d
const MAX_OPTION_BYTES = 65535
/** Bytes of an enhanced packet block without packet and comments: header 28, flags 8, end of options 4, trailer 4. */
const PACKET_BLOCK_BYTES = 44

/** Which way a packet went, seen from the captured interface. */
export const Direction = { unknown: 0, inbound: 1, outbound: 2 } as const

/**
 * Writes a pcapng section, with nanoseconds, to whoever stores it: `write` is given chunks that are its own to keep. Times are
 * ns since the start of the run, which readers show as seconds since 1970; they must not go back.
 */
export class PcapngWriter {
  readonly #out: Chunks
  readonly #snaps: number[] = []
  /** Encoded comments that wait for a packet. */
  #comments: Uint8Array[] = []
  /** The same as text, for the end of the file. */
  #texts: string[] = []
  #commentBytes = 0
  readonly #tag = new Uint8Array(TAG_BYTES)
  #lastNs = 0
  #lastTextNs = 0

  /** `application` names the writing program in the section header. */
  constructor(write: (chunk: Uint8Array) => void, application: string) {
    this.#out = new Chunks(write)
    putU16be(this.#tag, 0, EtherType.vlan)
    const name = encodeOption(application)
    const total = 28 + optionBytes(name) + 4
    this.#begin(Block.section, total)
    this.#out.u32(BYTE_ORDER_MAGIC)
    this.#out.u16(1)
    this.#out.u16(0)
    this.#out.u32(0xffffffff)
    this.#out.u32(0xffffffff)
    this.#option(Opt.application, name)
    this.#end(total)
  }

  /** Describes an interface; returns its id for `packet`. Packets keep their first `snapBytes` bytes, all when 0. */
  addInterface(name: string, snapBytes = 0): number {
    const encoded = encodeOption(name)
    const total = 20 + optionBytes(encoded) + 8 + 4
    this.#begin(Block.interface, total)
    this.#out.u16(LINKTYPE_ETHERNET)
    this.#out.u16(0)
    this.#out.u32(snapBytes)
    this.#option(Opt.interfaceName, encoded)
    this.#option(Opt.resolution, NANO)
    this.#end(total)
    return this.#snaps.push(snapBytes === 0 ? 0x7fffffff : snapBytes) - 1
  }

  /**
   * Writes a packet: `length` bytes at `at`, with the tag `vlan` put in when it is not -1 (frames of 14 bytes or more).
   * Throws a `RangeError` for an unknown interface or a time before the last one.
   */
  packet(id: number, timeNs: number, direction: number, u8: Uint8Array, at: number, length: number, vlan = -1): void {
    if (!(id in this.#snaps)) throw new RangeError(`pcapng: there is no interface ${id}`)
    this.#advance(timeNs)
    const tagged = vlan >= 0 && length >= Ethernet.etherType + 2
    const original = tagged ? length + TAG_BYTES : length
    const captured = Math.min(original, this.#snaps[id])
    const total = PACKET_BLOCK_BYTES + ((captured + 3) & ~3) + this.#commentBytes
    this.#begin(Block.packet, total)
    this.#out.u32(id)
    this.#out.u32(Math.floor(timeNs / 4294967296))
    this.#out.u32(timeNs % 4294967296)
    this.#out.u32(captured)
    this.#out.u32(original)
    if (tagged) this.#taggedBytes(u8, at, captured, vlan)
    else this.#out.bytes(u8, at, captured)
    this.#out.pad(captured)
    if (this.#commentBytes > 0) this.#attachComments()
    this.#out.u16(Opt.packetFlags)
    this.#out.u16(4)
    this.#out.u32(direction)
    this.#end(total)
  }

  /**
   * Notes what happened at an instant, for example a switch of mode. pcapng readers show comments at packets only: it goes to the
   * next one, with its own time in front, or becomes an event of its own when the file ends before.
   */
  comment(timeNs: number, text: string): void {
    this.#advance(timeNs)
    const encoded = encodeOption(`${(timeNs / 1e9).toFixed(9)} s: ${text}`)
    this.#comments.push(encoded)
    this.#texts.push(text)
    this.#commentBytes += optionBytes(encoded)
    this.#lastTextNs = timeNs
  }

  /** Hands on what is complete, for a reader that follows the file. */
  flush(): void {
    this.#out.flush()
  }

  /** Writes comments that found no packet, and hands on the rest; nothing may be written after. */
  close(): void {
    if (this.#texts.length > 0) this.#journal(this.#texts.join('; '))
    this.#out.flush()
  }

  #advance(timeNs: number): void {
    if (!(timeNs >= this.#lastNs)) throw new RangeError(`pcapng: time goes back from ${this.#lastNs} to ${timeNs} ns`)
    this.#lastNs = timeNs
  }

  /** A packet's bytes with the tag between addresses and EtherType, as far as `captured` reaches. */
  #taggedBytes(u8: Uint8Array, at: number, captured: number, vlan: number): void {
    const tag = this.#tag
    putU16be(tag, 2, vlan)
    const before = Math.min(captured, Ethernet.etherType)
    const middle = Math.min(captured - before, TAG_BYTES)
    this.#out.bytes(u8, at, before)
    this.#out.bytes(tag, 0, middle)
    this.#out.bytes(u8, at + before, captured - before - middle)
  }

  #attachComments(): void {
    for (const comment of this.#comments) this.#option(Opt.comment, comment)
    this.#comments = []
    this.#texts = []
    this.#commentBytes = 0
  }

  /**
   * A systemd journal entry (4.6), the one block besides packets that Wireshark lists as an event with its time. That time has
   * microseconds: rounded up, so that it does not come before the last packet.
   */
  #journal(text: string): void {
    const micros = Math.ceil(this.#lastTextNs / 1000)
    const line = text.replace(/[\r\n]+/g, ' ')
    const entry = new TextEncoder().encode(`__REALTIME_TIMESTAMP=${micros}\nMESSAGE=${line}\n`)
    const total = 12 + ((entry.length + 3) & ~3)
    this.#begin(Block.journal, total)
    this.#out.bytes(entry, 0, entry.length)
    this.#out.pad(entry.length)
    this.#out.u32(total)
  }

  #begin(type: number, total: number): void {
    this.#out.reserve(total)
    this.#out.u32(type)
    this.#out.u32(total)
  }

  #option(code: number, value: Uint8Array): void {
    this.#out.u16(code)
    this.#out.u16(value.length)
    this.#out.bytes(value, 0, value.length)
    this.#out.pad(value.length)
  }

  /** End of options and the block's second length. */
  #end(total: number): void {
    this.#out.u32(Opt.end)
    this.#out.u32(total)
  }
}

/** The value of `if_tsresol`: 10^-9 s. */
const NANO = Uint8Array.of(9)

function encodeOption(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text)
  if (bytes.length > MAX_OPTION_BYTES) throw new RangeError(`pcapng: a text of ${bytes.length} bytes fits no option`)
  return bytes
}

/** Bytes that a value takes as an option. */
function optionBytes(value: Uint8Array): number {
  return 4 + ((value.length + 3) & ~3)
}

import { MAX_TX_BUFFER, TxDesc } from '@npa/vmxnet3-spec'
import { addressSegment, ethernet, Frame, FRAME_WORDS, FrameFlag, IpProtocol, ipv4, ipv6 } from '@npa/wire'
import { pseudoIpv4, pseudoIpv6, segmentFlags, tcp, u16be, vlan } from '@npa/wire'
import type { FrameBatch, SegmentHeaders } from '@npa/wire'
import type { Bus } from './bus.js'
import { MAX_FRAME_BYTES } from './chip-memory.js'
import { TxRefusal } from './tx-frame.js'
import type { Refusal } from './tx-frame.js'
import type { TxRing } from './tx-ring.js'

/** Tags that are walked through, as elsewhere. */
const MAX_TAGS = 2

/**
 * TCP segmentation of one chain of descriptors (sheet, section 14): every segment gets a copy of the headers, with its own lengths,
 * sequence number, flags and IPv4 identification, and a piece of the payload straight from guest memory. The IPv4 checksum is made
 * here; the TCP checksum field gets the pseudo-header's sum, for whoever completes it.
 */
export class Segmenter {
  readonly #bus: Bus
  readonly #ring: TxRing
  /** Place of the longest headers in the device's memory. */
  readonly #headers: number
  #descriptors = 0
  #headerBytes = 0
  #segmentBytes = 0
  #flags = 0
  #tci = 0
  readonly #layout: SegmentHeaders = { l3: 0, l4: 0, ipv4: true, tcp: true }
  /** Payload bytes, and those that segments have taken. */
  #payload = 0
  #sent = 0
  #segments = 0
  /** Where the next payload byte is: descriptor of the chain, offset in its buffer. */
  #next = 0
  #offset = 0

  constructor(bus: Bus, ring: TxRing, headers: number) {
    this.#bus = bus
    this.#ring = ring
    this.#headers = headers
  }

  /** Descriptors of the chain in hand, 0 when there is none. */
  get descriptors(): number {
    return this.#descriptors
  }

  /** Whether segments are left of the chain in hand. */
  get more(): boolean {
    return this.#sent < this.#payload
  }

  /** Forgets the chain. */
  clear(): void {
    this.#descriptors = 0
    this.#payload = 0
    this.#sent = 0
  }

  /** Takes the chain of `n` descriptors that the ring has found in hand. Returns why not, or undefined. */
  begin(n: number): Refusal | undefined {
    const { i32 } = this.#bus
    let bytes = 0
    for (let k = 0; k < n; k++) {
      const word = this.#ring.word(k)
      if ((i32[word + 2] & TxDesc.descType) !== 0) return TxRefusal.badType
      bytes += this.#length(k)
    }
    const first = this.#ring.word(0)
    const w3 = i32[first + 3]
    const headerBytes = w3 & TxDesc.hlenMask
    const segmentBytes = (i32[first + 2] >>> TxDesc.msscofShift) & TxDesc.msscofMask
    if (segmentBytes === 0 || headerBytes < ethernet.HEADER_BYTES || headerBytes >= bytes) return TxRefusal.invalid
    if (headerBytes + segmentBytes > MAX_FRAME_BYTES) return TxRefusal.tooBig
    this.#next = 0
    this.#offset = 0
    if (!this.#read(headerBytes, this.#headers)) return TxRefusal.address
    if (!this.#parse(headerBytes)) return TxRefusal.invalid
    this.#descriptors = n
    this.#headerBytes = headerBytes
    this.#segmentBytes = segmentBytes
    this.#flags = FrameFlag.csumWanted | ((w3 & TxDesc.ti) === 0 ? 0 : FrameFlag.vlan)
    this.#tci = w3 >>> TxDesc.tciShift
    this.#payload = bytes - headerBytes
    this.#sent = 0
    this.#segments = 0
    return undefined
  }

  /** Puts the next segment at `at` of the device's memory and its record into the batch. Returns why not, or undefined. */
  segment(at: number, batch: FrameBatch): Refusal | undefined {
    const { u8 } = this.#bus
    const payload = Math.min(this.#segmentBytes, this.#payload - this.#sent)
    const bytes = this.#headerBytes + payload
    u8.copyWithin(at, this.#headers, this.#headers + this.#headerBytes)
    if (!this.#read(payload, at + this.#headerBytes)) return TxRefusal.address
    this.#address(at, bytes, this.#sent + payload === this.#payload)
    const record = batch.n++ * FRAME_WORDS
    const { words } = batch
    words[record + Frame.address] = at
    words[record + Frame.length] = bytes
    words[record + Frame.flags] = this.#flags
    words[record + Frame.csumStart] = this.#layout.l4
    words[record + Frame.csumOffset] = tcp.Field.checksum
    words[record + Frame.vlan] = this.#tci
    this.#sent += payload
    this.#segments++
    return undefined
  }

  /** Makes the copied headers those of a segment of `bytes`. */
  #address(at: number, bytes: number, last: boolean): void {
    const { u8 } = this.#bus
    const ip = at + this.#layout.l3
    const l4Bytes = bytes - this.#layout.l4
    addressSegment(u8, at, this.#layout, bytes, this.#segments, this.#sent, segmentFlags(this.#segments === 0, last))
    const pseudo = this.#layout.ipv4
      ? pseudoIpv4(u8, ip, IpProtocol.tcp, l4Bytes)
      : pseudoIpv6(u8, ip, IpProtocol.tcp, l4Bytes)
    tcp.setChecksum(u8, at + this.#layout.l4, pseudo)
  }

  /** Finds L3 and L4 in the headers: TCP right behind IPv4 or IPv6, and its options their end. */
  #parse(headerBytes: number): boolean {
    const { u8 } = this.#bus
    const at = this.#headers
    let l3 = ethernet.HEADER_BYTES
    for (let tags = 0; tags < MAX_TAGS && vlan.isTag(u16be(u8, at + l3 - 2)); tags++) l3 += vlan.TAG_BYTES
    const type = u16be(u8, at + l3 - 2)
    let l4: number
    if (type === ethernet.EtherType.ipv4) {
      l4 = l3 + ipv4.headerBytes(u8, at + l3)
      if (ipv4.version(u8, at + l3) !== 4 || l4 < l3 + ipv4.HEADER_BYTES) return false
      if (ipv4.protocol(u8, at + l3) !== IpProtocol.tcp) return false
    } else if (type === ethernet.EtherType.ipv6) {
      l4 = l3 + ipv6.HEADER_BYTES
      if (ipv6.version(u8, at + l3) !== 6 || ipv6.nextHeader(u8, at + l3) !== IpProtocol.tcp) return false
    } else return false
    this.#layout.l3 = l3
    this.#layout.l4 = l4
    this.#layout.ipv4 = type === ethernet.EtherType.ipv4
    const l4Header = l4 + tcp.HEADER_BYTES <= headerBytes ? tcp.headerBytes(u8, at + l4) : 0
    return l4Header >= tcp.HEADER_BYTES && l4 + l4Header === headerBytes
  }

  /** Moves the chain's next bytes to the device's memory. */
  #read(bytes: number, to: number): boolean {
    const { i32, dma } = this.#bus
    let done = 0
    while (done < bytes) {
      const word = this.#ring.word(this.#next)
      const piece = Math.min(this.#length(this.#next) - this.#offset, bytes - done)
      const low = (i32[word] >>> 0) + this.#offset
      const high = (i32[word + 1] >>> 0) + (low > 0xffffffff ? 1 : 0)
      if (!dma.read(low >>> 0, high >>> 0, piece, to + done)) return false
      done += piece
      this.#offset += piece
      if (this.#offset === this.#length(this.#next)) {
        this.#next++
        this.#offset = 0
      }
    }
    return true
  }

  #length(k: number): number {
    const length = this.#bus.i32[this.#ring.word(k) + 2] & TxDesc.lengthMask
    return length === 0 ? MAX_TX_BUFFER : length
  }
}

import { RxComp } from '@npa/vmxnet3-spec'
import {
  ethernet,
  fold,
  Frame,
  FrameFlag,
  IpProtocol,
  ipv4,
  ipv6,
  Layer,
  pseudoIpv4,
  pseudoIpv6,
  sumBytes,
  tcp,
} from '@npa/wire'
import { MAX_LRO_BYTES, MAX_LRO_SEGMENTS } from './chip-memory.js'
import type { RxSteering } from './rx-steering.js'

/** Segments of one TCP flow that follow each other, all of the first one's length but perhaps the last. */
export class LroFlow {
  /** 0: not in use. */
  segments = 0
  /** Each segment's record in the batch, and where its payload lies. */
  readonly records: Int32Array = new Int32Array(MAX_LRO_SEGMENTS)
  readonly payloadAt: Int32Array = new Int32Array(MAX_LRO_SEGMENTS)
  readonly payloadBytes: Int32Array = new Int32Array(MAX_LRO_SEGMENTS)
  /** Payload of the first, and of all. */
  mss = 0
  bytes = 0
  /** All headers of the first. */
  headerBytes = 0
  /** As the frames': tag, whether it is in their bytes, kind, queue, hash. */
  tci = -1
  tagAside = false
  kind = 0
  queue = 0
  rssType = 0
  hash = 0
  /** The last one told to hurry, or was short: nothing may follow. */
  closed = false
  readonly #u8: Uint8Array
  #at = 0
  #l3 = 0
  #l4 = 0
  #v6 = false
  #nextSequence = 0
  #nextId = 0
  /** Sum of the payload, for the checksum. */
  #sum = 0

  constructor(u8: Uint8Array) {
    this.#u8 = u8
  }

  /** Word 3 of a completion: checksums that are known to be good. */
  get checksumBits(): number {
    return RxComp.tcp | RxComp.tuc | (this.#v6 ? RxComp.v6 : RxComp.v4 | RxComp.ipc)
  }

  /** Begins with a mergeable frame, which `append` then takes in. */
  open(words: Int32Array, record: number, layers: Int32Array, tci: number, kind: number, steering: RxSteering): void {
    this.segments = 0
    this.bytes = 0
    this.#sum = 0
    this.#at = words[record + Frame.address]
    this.#l3 = layers[Layer.l3]
    this.#l4 = layers[Layer.l4]
    this.#v6 = layers[Layer.etherType] === ethernet.EtherType.ipv6
    this.headerBytes = this.#l4 + layers[Layer.l4Header]
    this.mss = layers[Layer.end] - this.headerBytes
    this.tci = tci
    this.tagAside = (words[record + Frame.flags] & FrameFlag.vlan) !== 0
    this.kind = kind
    this.queue = steering.queue
    this.rssType = steering.type
    this.hash = steering.hash
  }

  /** Whether a TCP frame has the addresses and ports of this flow. */
  owns(at: number, layers: Int32Array): boolean {
    if (this.segments === 0 || layers[Layer.l3] !== this.#l3 || layers[Layer.l4] !== this.#l4) return false
    const addresses = this.#l3 + (this.#v6 ? ipv6.Field.source : ipv4.Field.source)
    return this.#same(at, this.#l4, 4) && this.#same(at, addresses, this.#v6 ? 32 : 8)
  }

  /** Whether a mergeable frame of this flow is the next of it, differing in nothing that could not be told again when it is cut. */
  continues(at: number, layers: Int32Array, tci: number): boolean {
    const header = layers[Layer.l4] + layers[Layer.l4Header]
    const bytes = layers[Layer.end] - header
    if (header !== this.headerBytes || tci !== this.tci || bytes > this.mss) return false
    if (this.segments === MAX_LRO_SEGMENTS || this.bytes + bytes > MAX_LRO_BYTES) return false
    if (tcp.sequence(this.#u8, at + this.#l4) !== this.#nextSequence) return false
    if (!this.#same(at, 0, this.#l3) || !this.#sameIp(at)) return false
    const { acknowledgment, window } = tcp.Field
    const options = this.#l4 + tcp.HEADER_BYTES
    return (
      // The acknowledgment, and behind it the header's length.
      this.#same(at, this.#l4 + acknowledgment, 5) &&
      this.#same(at, this.#l4 + window, 2) &&
      this.#same(at, options, this.headerBytes - options)
    )
  }

  append(words: Int32Array, record: number, layers: Int32Array): void {
    const u8 = this.#u8
    const at = words[record + Frame.address]
    const n = this.segments++
    const bytes = layers[Layer.end] - this.headerBytes
    this.records[n] = record
    this.payloadAt[n] = at + this.headerBytes
    this.payloadBytes[n] = bytes
    const wanted = (words[record + Frame.flags] & FrameFlag.csumWanted) !== 0
    const sum = wanted ? sumBytes(u8, this.payloadAt[n], bytes, 0) : this.#payloadSum(at, bytes)
    // Behind an odd number of bytes the payload's words lie the other way round (RFC 1071, 2 B).
    this.#sum = fold(this.#sum + ((this.bytes & 1) === 0 ? sum : ((sum & 0xff) << 8) | (sum >>> 8)))
    this.bytes += bytes
    this.closed = (tcp.flags(u8, at + this.#l4) & tcp.Flag.psh) !== 0 || bytes < this.mss
    this.#nextSequence = (tcp.sequence(u8, at + this.#l4) + bytes) >>> 0
    this.#nextId = (ipv4.identification(u8, at + this.#l3) + 1) & 0xffff
  }

  /** Writes the headers of all segments as one. */
  writeHeader(to: number): void {
    const u8 = this.#u8
    u8.copyWithin(to, this.#at, this.#at + this.headerBytes)
    const ip = to + this.#l3
    const segment = to + this.#l4
    const l4Bytes = this.headerBytes - this.#l4 + this.bytes
    if (this.#v6) ipv6.setPayloadLength(u8, ip, l4Bytes)
    else {
      ipv4.setTotalLength(u8, ip, ipv4.HEADER_BYTES + l4Bytes)
      ipv4.setChecksum(u8, ip)
    }
    const last = this.payloadAt[this.segments - 1] - this.headerBytes
    tcp.setFlags(u8, segment, tcp.flags(u8, last + this.#l4))
    tcp.setChecksum(u8, segment, 0)
    tcp.setChecksum(u8, segment, ~fold(this.#headerSum(to, l4Bytes) + this.#sum))
  }

  /** Of a frame whose checksum is right the payload's sum is what its headers' lacks: nothing is read twice, and no damage is covered up. */
  #payloadSum(at: number, bytes: number): number {
    return 0xffff ^ this.#headerSum(at, this.headerBytes - this.#l4 + bytes)
  }

  /** Sum of the TCP header at its place behind `at`, and of the pseudo-header for so many bytes. */
  #headerSum(at: number, l4Bytes: number): number {
    const u8 = this.#u8
    const ip = at + this.#l3
    const pseudo = this.#v6 ? pseudoIpv6(u8, ip, IpProtocol.tcp, l4Bytes) : pseudoIpv4(u8, ip, IpProtocol.tcp, l4Bytes)
    return sumBytes(u8, at + this.#l4, this.headerBytes - this.#l4, pseudo)
  }

  /** The IP headers, but for lengths and checksum; identifications that matter go up by one (RFC 6864, section 4). */
  #sameIp(at: number): boolean {
    const ip = this.#l3
    // Version, class and label; next header, hop limit and addresses.
    if (this.#v6) return this.#same(at, ip, 4) && this.#same(at, ip + ipv6.Field.nextHeader, 34)
    const { fragment, source } = ipv4.Field
    if (!this.#same(at, ip, 2) || !this.#same(at, ip + fragment, 4) || !this.#same(at, ip + source, 8)) return false
    const mayBeCut = (ipv4.fragment(this.#u8, at + ip) & ipv4.Fragment.dontFragment) === 0
    return !mayBeCut || ipv4.identification(this.#u8, at + ip) === this.#nextId
  }

  #same(at: number, offset: number, bytes: number): boolean {
    const u8 = this.#u8
    const first = this.#at + offset
    const other = at + offset
    for (let i = 0; i < bytes; i++) if (u8[first + i] !== u8[other + i]) return false
    return true
  }
}

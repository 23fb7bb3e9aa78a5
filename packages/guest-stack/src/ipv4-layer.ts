import type { Counters } from '@npa/core'
import type { Arp } from './arp.js'
import { foldSum, sumWords } from './bytes.js'
import type { Words } from './bytes.js'
import type { LinkLayer } from './link-layer.js'
import type { TransmitQueue } from './transmit-queue.js'
import type { Waiter } from './wait-list.js'
import { BROADCAST, ethernet, IpProtocol, ipv4, pseudoIpv4, putU16be } from '@npa/wire'

const TTL = 64
const LIMITED_BROADCAST = 0xffffffff

/** What an interface knows of its network; addresses are u32. */
export interface Ipv4Address {
  readonly ip: number
  readonly netmask: number
  /** 0 for none. */
  readonly gateway: number
}

/** One received datagram, as `Ipv4Layer.accept` found it. */
export interface Datagram {
  ipAt: number
  protocol: number
  source: number
  destination: number
  /** Payload. */
  at: number
  length: number
}

/** IPv4 of one interface, host side (RFC 791, RFC 1122): no forwarding, no fragments. */
export class Ipv4Layer {
  readonly address: Ipv4Address
  /** The datagram that `accept` has accepted; overwritten by the next. */
  readonly datagram: Datagram = { ipAt: 0, protocol: 0, source: 0, destination: 0, at: 0, length: 0 }
  /** Counts every datagram, so that no two frames are equal. */
  identification = 0
  readonly #link: LinkLayer
  readonly #arp: Arp
  readonly #transmit: TransmitQueue
  readonly #csumOffload: boolean
  readonly #counters: Counters
  readonly #malformed: number
  readonly #badChecksum: number
  readonly #fragment: number
  readonly #otherIp: number
  readonly #noRoute: number
  readonly #otherProtocol: number
  #ipAt = 0

  constructor(
    address: Ipv4Address,
    link: LinkLayer,
    arp: Arp,
    transmit: TransmitQueue,
    csumOffload: boolean,
    counters: Counters,
  ) {
    this.address = address
    this.#link = link
    this.#arp = arp
    this.#transmit = transmit
    this.#csumOffload = csumOffload
    this.#counters = counters
    this.#malformed = counters.slot('ip.dropped.malformed')
    this.#badChecksum = counters.slot('ip.dropped.checksum')
    this.#fragment = counters.slot('ip.dropped.fragment')
    this.#otherIp = counters.slot('ip.dropped.otherAddress')
    this.#otherProtocol = counters.slot('ip.dropped.otherProtocol')
    this.#noRoute = counters.slot('ip.noRoute')
  }

  /** Whether an address means everybody here. */
  isBroadcast(ip: number): boolean {
    const { netmask, ip: own } = this.address
    return ip === LIMITED_BROADCAST || (ip === (own | ~netmask) >>> 0 && ip !== own)
  }

  /** The neighbour that datagrams to `ip` go to; 0 when there is no way. */
  nextHop(ip: number): number {
    const { ip: own, netmask, gateway } = this.address
    return ((ip ^ own) & netmask) === 0 || this.isBroadcast(ip) ? ip : gateway
  }

  /** Nothing comes back from `ip`: its neighbour may have moved. */
  doubt(ip: number): void {
    this.#arp.doubt(this.nextHop(ip))
  }

  /** Throws an `Error` when no neighbour leads to `ip`, or it is our own. */
  requireRoute(ip: number): void {
    if (ip === this.address.ip) throw new Error(`${ipv4.formatAddress(ip)} is this interface's own address`)
    if (this.nextHop(ip) === 0) throw new Error(`no route to ${ipv4.formatAddress(ip)}: no gateway is set`)
  }

  /** Checks a received datagram and fills `datagram`; false when it was dropped and counted. `trusted`: the device found its checksums right. */
  accept(u8: Uint8Array, at: number, length: number, trusted: boolean): boolean {
    if (length < ipv4.HEADER_BYTES || ipv4.version(u8, at) !== 4) return this.#drop(this.#malformed)
    const header = ipv4.headerBytes(u8, at)
    const total = ipv4.totalLength(u8, at)
    if (header < ipv4.HEADER_BYTES || total < header || total > length) return this.#drop(this.#malformed)
    if (!trusted && !ipv4.checksumGood(u8, at)) return this.#drop(this.#badChecksum)
    const { moreFragments, offsetMask } = ipv4.Fragment
    if ((ipv4.fragment(u8, at) & (moreFragments | offsetMask)) !== 0) return this.#drop(this.#fragment)
    const { datagram } = this
    datagram.destination = ipv4.destination(u8, at)
    if (datagram.destination !== this.address.ip && !this.isBroadcast(datagram.destination)) {
      return this.#drop(this.#otherIp)
    }
    datagram.source = ipv4.source(u8, at)
    // RFC 1122, 3.2.1.3: nobody sends from a broadcast, multicast or our own address.
    if (datagram.source === this.address.ip || datagram.source >= 0xe0000000 || this.isBroadcast(datagram.source)) {
      return this.#drop(this.#malformed)
    }
    datagram.ipAt = at
    datagram.protocol = ipv4.protocol(u8, at)
    datagram.at = at + header
    datagram.length = total - header
    return true
  }

  /** Whether the TCP or UDP checksum of the accepted datagram is right. */
  checksumGood(bytes: Words): boolean {
    const { ipAt, protocol, at, length } = this.datagram
    return foldSum(pseudoIpv4(bytes.u8, ipAt, protocol, length) + sumWords(bytes, at, length)) === 0xffff
  }

  /**
   * Starts a datagram: `header` bytes of its payload are written by the caller at the returned address, `length` more follow by
   * `transmit.put`. -1 when it cannot be sent now: then `waiter`, if there is one, stands in line.
   */
  begin(waiter: Waiter | undefined, ip: number, protocol: number, header: number, length: number): number {
    const hop = this.nextHop(ip)
    if (hop === 0) {
      this.#counters.values[this.#noRoute]++
      return -1
    }
    const mac = this.isBroadcast(ip) ? BROADCAST : this.#arp.resolve(hop)
    if (mac === undefined) {
      if (waiter !== undefined) this.#arp.waiters.add(waiter)
      return -1
    }
    // A reply has nobody to wait for it: it may be parked behind others.
    const transmit = this.#transmit
    const ready = transmit.ready || waiter === undefined
    const at = ready ? this.#link.begin(mac, ethernet.EtherType.ipv4, ipv4.HEADER_BYTES + header, length) : -1
    if (at < 0) {
      if (waiter !== undefined) transmit.waiters.add(waiter)
      return -1
    }
    this.#ipAt = at
    const ident = this.identification
    this.identification = (ident + 1) & 0xffff
    const total = ipv4.HEADER_BYTES + header + length
    ipv4.emit(transmit.u8, at, total, ident, TTL, protocol, this.address.ip, ip)
    return at + ipv4.HEADER_BYTES
  }

  /**
   * Completes the checksum field of the datagram under construction, `field` bytes into its payload, and sends it: with offload
   * it gets the pseudo-header's sum, and the device does the rest. `length` is that of the payload.
   */
  finish(protocol: number, length: number, field: number): void {
    const transmit = this.#transmit
    const l4 = this.#ipAt + ipv4.HEADER_BYTES
    const pseudo = pseudoIpv4(transmit.u8, this.#ipAt, protocol, length)
    if (this.#csumOffload) {
      putU16be(transmit.u8, l4 + field, pseudo)
      transmit.frame.csumStart = l4 - transmit.head
      transmit.frame.csumOffset = field
    } else {
      putU16be(transmit.u8, l4 + field, 0)
      const sum = ~transmit.sumFrom(l4 - transmit.head, pseudo) & 0xffff
      // RFC 768: zero would say that there is none; its other form is the same number.
      putU16be(transmit.u8, l4 + field, sum === 0 && protocol === IpProtocol.udp ? 0xffff : sum)
    }
    transmit.commit()
  }

  /** Counts a datagram whose payload nobody here speaks. */
  dropOtherProtocol(): void {
    this.#drop(this.#otherProtocol)
  }

  #drop(slot: number): boolean {
    this.#counters.values[slot]++
    return false
  }
}

import { u16be } from './bytes.js'
import { EtherType, Field as Ethernet, HEADER_BYTES as ETHERNET_BYTES } from './ethernet.js'
import { HEADER_BYTES as ICMP_BYTES } from './icmp.js'
import { IpProtocol } from './ip-protocol.js'
import * as ipv4 from './ipv4.js'
import * as ipv6 from './ipv6.js'
import * as tcp from './tcp.js'
import { HEADER_BYTES as UDP_BYTES } from './udp.js'
import { isTag, TAG_BYTES } from './vlan.js'

/** Words of `parseLayers`'s result. Offsets count from the frame's first byte; -1 stands for "not there". */
export const Layer = {
  /** EtherType behind the tags; below 0x600 it is a length. */
  etherType: 0,
  /** TCI of the outer tag in the bytes. */
  vlan: 1,
  /** TCI of the second tag. */
  innerVlan: 2,
  /** Offset of what the EtherType names. */
  l3: 3,
  /** Bytes from `l3` to the L4 header: an IP header with its options or extension headers; 0 when not IP. */
  l3Header: 4,
  /** IP protocol, see `IpProtocol`. */
  protocol: 5,
  /** Offset of the L4 header. A fragment after the first has none. */
  l4: 6,
  /** Bytes of the L4 header: TCP, UDP, ICMP and ICMPv6; 0 for others. */
  l4Header: 7,
  /** Offset behind the last byte of the IP packet: what follows is Ethernet padding. The frame's length when not IP. */
  end: 8,
  /** 1 for a fragment, first ones included. */
  fragment: 9,
} as const

/** Words of the array that `parseLayers` fills. */
export const LAYER_WORDS = 10

/** Tags that are walked through; a third stays what it is, an unknown EtherType. */
const MAX_TAGS = 2
/** Extension headers before a packet is refused: RFC 8200 recommends at most one of each kind. */
const MAX_EXTENSIONS = 8

/**
 * Finds the headers of the frame of `length` bytes at `at`, and never reads outside it. False when a header is cut off or
 * contradicts itself: then `out` has what was found before. A frame of another kind than IP is true without an L4.
 */
export function parseLayers(u8: Uint8Array, at: number, length: number, out: Int32Array): boolean {
  out.fill(-1, 0, LAYER_WORDS)
  out[Layer.l3Header] = 0
  out[Layer.l4Header] = 0
  out[Layer.fragment] = 0
  out[Layer.end] = length
  if (length < ETHERNET_BYTES) return false
  let type = u16be(u8, at + Ethernet.etherType)
  let l3 = ETHERNET_BYTES
  for (let tags = 0; tags < MAX_TAGS && isTag(type); tags++) {
    if (l3 + TAG_BYTES > length) return false
    out[tags === 0 ? Layer.vlan : Layer.innerVlan] = u16be(u8, at + l3)
    type = u16be(u8, at + l3 + 2)
    l3 += TAG_BYTES
  }
  out[Layer.etherType] = type
  out[Layer.l3] = l3
  if (type === EtherType.ipv4) return parseIpv4(u8, at, length, out)
  if (type === EtherType.ipv6) return parseIpv6(u8, at, length, out)
  return true
}

function parseIpv4(u8: Uint8Array, at: number, length: number, out: Int32Array): boolean {
  const l3 = out[Layer.l3]
  const ip = at + l3
  if (l3 + ipv4.HEADER_BYTES > length || ipv4.version(u8, ip) !== 4) return false
  const header = ipv4.headerBytes(u8, ip)
  const end = l3 + ipv4.totalLength(u8, ip)
  if (header < ipv4.HEADER_BYTES || l3 + header > end || end > length) return false
  const fragment = ipv4.fragment(u8, ip)
  out[Layer.l3Header] = header
  out[Layer.end] = end
  out[Layer.protocol] = ipv4.protocol(u8, ip)
  if ((fragment & (ipv4.Fragment.moreFragments | ipv4.Fragment.offsetMask)) !== 0) out[Layer.fragment] = 1
  return (fragment & ipv4.Fragment.offsetMask) !== 0 || parseL4(u8, at, l3 + header, out)
}

function parseIpv6(u8: Uint8Array, at: number, length: number, out: Int32Array): boolean {
  const l3 = out[Layer.l3]
  if (l3 + ipv6.HEADER_BYTES > length || ipv6.version(u8, at + l3) !== 6) return false
  const end = l3 + ipv6.HEADER_BYTES + ipv6.payloadLength(u8, at + l3)
  if (end > length) return false
  out[Layer.end] = end
  let next = ipv6.nextHeader(u8, at + l3)
  let place = l3 + ipv6.HEADER_BYTES
  for (let count = 0; isExtension(next); count++) {
    if (count === MAX_EXTENSIONS || place + 8 > end) return false
    const bytes = extensionBytes(u8, at + place, next)
    if (place + bytes > end) return false
    // With segments left the final destination, which checksums cover, is not in the fixed header: no L4 for the hosts between.
    if (next === IpProtocol.routing && u8[at + place + 3] !== 0) break
    const offset = next === IpProtocol.fragment ? u16be(u8, at + place + 2) : 0
    if ((offset & 0xfff9) !== 0) out[Layer.fragment] = 1
    next = u8[at + place]
    place += bytes
    if ((offset & 0xfff8) !== 0) return leaveL4(out, next, place)
  }
  leaveL4(out, next, place)
  return next === IpProtocol.noNext || next === IpProtocol.routing || parseL4(u8, at, place, out)
}

/** Notes a packet whose L4 header is not here or not wanted. */
function leaveL4(out: Int32Array, protocol: number, place: number): boolean {
  out[Layer.protocol] = protocol
  out[Layer.l3Header] = place - out[Layer.l3]
  return true
}

function isExtension(next: number): boolean {
  return (
    next === IpProtocol.hopByHop ||
    next === IpProtocol.routing ||
    next === IpProtocol.fragment ||
    next === IpProtocol.authentication ||
    next === IpProtocol.destinationOptions
  )
}

/** Bytes of an extension header (RFC 8200, 4; authentication counts in words of four, RFC 4302, 2.2). */
function extensionBytes(u8: Uint8Array, at: number, kind: number): number {
  if (kind === IpProtocol.fragment) return 8
  return kind === IpProtocol.authentication ? (u8[at + 1] + 2) * 4 : (u8[at + 1] + 1) * 8
}

function parseL4(u8: Uint8Array, at: number, l4: number, out: Int32Array): boolean {
  const room = out[Layer.end] - l4
  const protocol = out[Layer.protocol]
  let header = 0
  if (protocol === IpProtocol.tcp) {
    if (room < tcp.HEADER_BYTES) return false
    header = tcp.headerBytes(u8, at + l4)
    if (header < tcp.HEADER_BYTES) return false
  } else if (protocol === IpProtocol.udp) header = UDP_BYTES
  else if (protocol === IpProtocol.icmp || protocol === IpProtocol.icmpv6) header = ICMP_BYTES
  if (room < header) return false
  out[Layer.l4] = l4
  out[Layer.l4Header] = header
  return true
}

import { Csum } from '@npa/core'
import { pseudoIpv4, pseudoIpv6, sumGood } from './checksum.js'
import { EtherType } from './ethernet.js'
import { IpProtocol } from './ip-protocol.js'
import { checksumGood } from './ipv4.js'
import { Layer, LAYER_WORDS, parseLayers } from './layers.js'
import * as udp from './udp.js'

const layers = new Int32Array(LAYER_WORDS)

/**
 * Checks every checksum of a frame, as one of `Csum`: `bad` when the IPv4 header's or the L4 checksum is wrong, `good` when
 * all are right, `none` when one cannot be judged: no IP, a fragment, no checksum, an unknown L4, a header cut off.
 */
export function verifyFrame(u8: Uint8Array, at: number, length: number): number {
  if (!parseLayers(u8, at, length, layers)) return Csum.none
  const ip = verifyIpv4Header(u8, at, layers)
  return ip === Csum.bad ? Csum.bad : verifyL4(u8, at, layers)
}

/** Checks the header checksum of a frame that `parseLayers` has parsed; `none` when it is not IPv4. */
export function verifyIpv4Header(u8: Uint8Array, at: number, parsed: Int32Array): number {
  if (parsed[Layer.etherType] !== EtherType.ipv4 || parsed[Layer.l3Header] === 0) return Csum.none
  return checksumGood(u8, at + parsed[Layer.l3]) ? Csum.good : Csum.bad
}

/** Checks the TCP, UDP, ICMP or ICMPv6 checksum of a frame that `parseLayers` has parsed; `none` when it has none to check. */
export function verifyL4(u8: Uint8Array, at: number, parsed: Int32Array): number {
  const l4 = parsed[Layer.l4]
  const protocol = parsed[Layer.protocol]
  if (l4 < 0 || parsed[Layer.fragment] !== 0) return Csum.none
  let bytes = parsed[Layer.end] - l4
  if (protocol === IpProtocol.icmp) return sumGood(u8, at + l4, bytes, 0) ? Csum.good : Csum.bad
  const v6 = parsed[Layer.etherType] === EtherType.ipv6
  if (protocol === IpProtocol.udp) {
    // RFC 8200, 8.1: with IPv6 a datagram without checksum is discarded.
    if (udp.checksum(u8, at + l4) === 0) return v6 ? Csum.bad : Csum.none
    const length = udp.length(u8, at + l4)
    if (length < udp.HEADER_BYTES || length > bytes) return Csum.none
    bytes = length
  } else if (protocol !== IpProtocol.tcp && !(v6 && protocol === IpProtocol.icmpv6)) return Csum.none
  const ip = at + parsed[Layer.l3]
  const pseudo = v6 ? pseudoIpv6(u8, ip, protocol, bytes) : pseudoIpv4(u8, ip, protocol, bytes)
  return sumGood(u8, at + l4, bytes, pseudo) ? Csum.good : Csum.bad
}

import { ethernet, IpProtocol, ipv4, ipv6, pseudoIpv4, pseudoIpv6, putU16be, putU32be, sumBytes, tcp } from '@npa/wire'
import { MAC } from './guest.js'
import { PEER } from './frames.js'

const IP = 14

/** A TCP segment for the guest. What is left out: IPv4, one flow, sequence 0, 100 bytes of payload, ACK, no options. */
export interface SegmentOptions {
  readonly v6?: boolean
  readonly payload?: ArrayLike<number>
  readonly sequence?: number
  readonly acknowledgment?: number
  readonly flags?: number
  readonly window?: number
  readonly port?: number
  /** Last byte of the source address. */
  readonly host?: number
  /** TCP options, a multiple of four. */
  readonly options?: readonly number[]
  readonly id?: number
  readonly mayBeCut?: boolean
  readonly ttl?: number
  /** Traffic class. */
  readonly tos?: number
  /** Only the pseudo-header's sum is in the TCP checksum. */
  readonly partial?: boolean
}

export const ACK: number = tcp.Flag.ack

/** Bytes that tell where they are in a stream. */
export function stream(from: number, length: number): number[] {
  return Array.from({ length }, (_, i) => ((from + i) * 7 + ((from + i) >> 8)) & 255)
}

/** The TCP header's place in the frame. */
export function tcpAt(v6 = false): number {
  return IP + (v6 ? ipv6.HEADER_BYTES : ipv4.HEADER_BYTES)
}

export function segment(given: SegmentOptions = {}): Uint8Array {
  const { v6 = false, sequence = 0, acknowledgment = 9, flags = ACK, window = 500, port = 4000, host = 1 } = given
  const { payload = stream(sequence, 100), options = [], id = 0, mayBeCut = false, ttl = 64, tos = 0 } = given
  const l4 = tcpAt(v6)
  const header = tcp.HEADER_BYTES + options.length
  const u8 = new Uint8Array(l4 + header + payload.length)
  const l4Bytes = u8.length - l4
  ethernet.emit(u8, 0, MAC, PEER, v6 ? ethernet.EtherType.ipv6 : ethernet.EtherType.ipv4)
  if (v6) {
    const from = Uint8Array.from({ length: 16 }, (_, i) => (i === 15 ? host : 0xfd))
    ipv6.emit(u8, IP, l4Bytes, IpProtocol.tcp, ttl, from, new Uint8Array(16).fill(0xfe))
    putU32be(u8, IP, 0x60000000 | (tos << 20))
  } else {
    ipv4.emit(u8, IP, u8.length - IP, id, ttl, IpProtocol.tcp, 0x0a000100 + host, 0x0a000002)
    u8[IP + ipv4.Field.trafficClass] = tos
    if (mayBeCut) putU16be(u8, IP + ipv4.Field.fragment, 0)
    ipv4.setChecksum(u8, IP)
  }
  tcp.emit(u8, l4, port, 80, sequence, acknowledgment, header, flags, window)
  u8.set(options, l4 + tcp.HEADER_BYTES)
  u8.set(payload, l4 + header)
  const pseudo = v6 ? pseudoIpv6(u8, IP, IpProtocol.tcp, l4Bytes) : pseudoIpv4(u8, IP, IpProtocol.tcp, l4Bytes)
  tcp.setChecksum(u8, l4, given.partial === true ? pseudo : ~sumBytes(u8, l4, l4Bytes, pseudo))
  return u8
}

import { putU16be } from './bytes.js'
import { sumBytes } from './checksum.js'
import * as ipv4 from './ipv4.js'
import * as ipv6 from './ipv6.js'
import * as tcp from './tcp.js'
import { Field as Udp } from './udp.js'

/** The headers of a message that is cut into segments: byte offsets in the frame, and what stands there. */
export interface SegmentHeaders {
  l3: number
  l4: number
  /** IPv4; IPv6 otherwise, whose extension headers stand between `l3` and `l4`. */
  ipv4: boolean
  /** TCP; UDP otherwise. */
  tcp: boolean
}

/** In all segments but the last. */
const LAST_ONLY: number = tcp.Flag.fin | tcp.Flag.psh
/** In all but the first (RFC 3168, 6.1.2). */
const FIRST_ONLY: number = tcp.Flag.cwr
const ALL = 0xfff

/** Flags that a segment keeps of the message's, to be ANDed with them. */
export function segmentFlags(first: boolean, last: boolean): number {
  return ALL & ~((last ? 0 : LAST_ONLY) | (first ? 0 : FIRST_ONLY))
}

/**
 * Makes the copy at `at` of a message's headers those of one segment of `bytes` bytes in all: lengths, IPv4 identification and
 * checksum, TCP sequence number and flags, which are ANDed with the 12 bits of `flags`. `ordinal` segments with `sent` bytes of payload
 * went before. The L4 checksum is left to the caller, as it was.
 */
export function addressSegment(
  u8: Uint8Array,
  at: number,
  headers: Readonly<SegmentHeaders>,
  bytes: number,
  ordinal: number,
  sent: number,
  flags: number,
): void {
  const ip = at + headers.l3
  const l4 = at + headers.l4
  if (headers.ipv4) {
    putU16be(u8, ip + ipv4.Field.totalLength, bytes - headers.l3)
    putU16be(u8, ip + ipv4.Field.identification, ipv4.identification(u8, ip) + ordinal)
    putU16be(u8, ip + ipv4.Field.checksum, 0)
    putU16be(u8, ip + ipv4.Field.checksum, ~sumBytes(u8, ip, headers.l4 - headers.l3, 0))
  } else ipv6.setPayloadLength(u8, ip, bytes - headers.l3 - ipv6.HEADER_BYTES)
  if (!headers.tcp) {
    putU16be(u8, l4 + Udp.length, bytes - headers.l4)
    return
  }
  tcp.setSequence(u8, l4, tcp.sequence(u8, l4) + sent)
  u8[l4 + tcp.Field.dataOffset] &= 0xf0 | (flags >>> 8)
  u8[l4 + tcp.Field.flags] &= flags
}

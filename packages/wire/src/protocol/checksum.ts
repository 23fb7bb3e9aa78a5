import { putU16be } from './bytes.js'
import { Field as Udp } from './udp.js'

/**
 * The one's complement sum (RFC 1071) of a range, as big-endian 16-bit words, added to `start`: 16 bits, not complemented.
 * An odd last byte counts as if a zero followed, so only the last range of a chain may be odd. Ranges below 8 MiB.
 */
export function sumBytes(u8: Uint8Array, at: number, length: number, start: number): number {
  // Even and odd bytes are summed apart: neither sum can leave 31 bits, and one shift at the end replaces one per word.
  let high = 0
  let low = 0
  const end = at + length
  const eights = end - (length & 7)
  let i = at
  for (; i < eights; i += 8) {
    high += u8[i] + u8[i + 2] + u8[i + 4] + u8[i + 6]
    low += u8[i + 1] + u8[i + 3] + u8[i + 5] + u8[i + 7]
  }
  for (; i + 1 < end; i += 2) {
    high += u8[i]
    low += u8[i + 1]
  }
  if (i < end) high += u8[i]
  return fold(start + (high & 0xff) * 256 + (high >>> 8) + low)
}

/** Adds the carries back until 16 bits are left; `sum` is below 2^32. */
export function fold(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16)
  return (once & 0xffff) + (once >>> 16)
}

/** Sum of the pseudo-header of IPv4 (RFC 9293, 3.1); `ipAt` is the IP header, `l4Length` the bytes of L4 header and payload. */
export function pseudoIpv4(u8: Uint8Array, ipAt: number, protocol: number, l4Length: number): number {
  return sumBytes(u8, ipAt + 12, 8, protocol + l4Length)
}

/** Sum of the pseudo-header of IPv6 (RFC 8200, 8.1); `ipAt` is the fixed header, `l4Length` below 2^16. */
export function pseudoIpv6(u8: Uint8Array, ipAt: number, protocol: number, l4Length: number): number {
  return sumBytes(u8, ipAt + 8, 32, protocol + l4Length)
}

/**
 * Completes a checksum as a NIC does: the field, `csumOffset` behind `csumStart`, holds the pseudo-header's sum; the sum from
 * `csumStart` to the end of the frame goes into it, complemented. False, and nothing written, when the field is not in the frame.
 */
export function finishCsum(
  u8: Uint8Array,
  frameAt: number,
  length: number,
  csumStart: number,
  csumOffset: number,
): boolean {
  if (csumStart < 0 || csumOffset < 0 || csumStart + csumOffset + 2 > length) return false
  const field = frameAt + csumStart + csumOffset
  const sum = ~sumBytes(u8, frameAt + csumStart, length - csumStart, 0) & 0xffff
  // Zero says "no checksum" in UDP, and its other form is the same number (RFC 768).
  putU16be(u8, field, sum === 0 && csumOffset === Udp.checksum ? 0xffff : sum)
  return true
}

/** Whether the sum over a checksummed range, its field included, comes out right. */
export function sumGood(u8: Uint8Array, at: number, length: number, pseudo: number): boolean {
  return sumBytes(u8, at, length, pseudo) === 0xffff
}

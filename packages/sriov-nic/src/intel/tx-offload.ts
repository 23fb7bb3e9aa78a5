import type { Arena } from '@npa/memory'
import { crc32c } from '../engine/crc32.js'
import { L4Type, TxContext, TxInfo } from './descriptors.js'
import { TxFault } from './tx-host.js'

const IPV4_BYTES = 20

/** By L4T, UDP, TCP and SCTP: where the checksum is, the shortest header, and what a packet without one is called. */
const FIELD_AT = [6, 16, 8] as const
const L4_BYTES = [8, 20, 12] as const
const TOO_SHORT = [TxFault.udpLength, TxFault.tcpLength, TxFault.sctpHeader] as const

/**
 * Inserts the checksums that a data descriptor asks for, as the context (two words) says. `at` and `bytes` are the frame without
 * an inserted tag. Returns 0, or the `TxFault` of a context that does not fit the frame.
 */
export function insertChecksums(
  arena: Arena,
  at: number,
  bytes: number,
  info: number,
  context0: number,
  context2: number,
): number {
  const macLength = (context0 >>> TxContext.macLengthShift) & TxContext.macLengthMask
  const ipLength = context0 & TxContext.ipLengthMask
  const ip = at + macLength
  const l4 = macLength + ipLength
  if ((info & (TxInfo.ixsm | TxInfo.txsm)) !== 0 && l4 > bytes) return TxFault.headers
  if ((info & TxInfo.ixsm) !== 0 && (context2 & TxContext.ipv4) !== 0) {
    if (ipLength < IPV4_BYTES) return TxFault.ipv4Header
    put(arena, ip + 10, 0)
    put(arena, ip + 10, ~arena.sum(ip, ipLength, 0))
  }
  if ((info & TxInfo.txsm) === 0) return 0
  const type = (context2 >>> TxContext.l4TypeShift) & TxContext.l4TypeMask
  if (type > L4Type.sctp) return TxFault.illegalOffload
  if (bytes - l4 < L4_BYTES[type]) return TOO_SHORT[type]
  if (type !== L4Type.sctp) insertFrom(arena, at, bytes, l4, l4 + FIELD_AT[type], type === L4Type.udp, 0)
  else if (((bytes - l4) & 3) !== 0) return TxFault.sctpLength
  else putCrc(arena, at + l4, bytes - l4)
  return 0
}

/** The CRC32c of an SCTP packet, least significant byte first (RFC 9260, appendix A); the field is summed as zeros. */
function putCrc(arena: Arena, at: number, bytes: number): void {
  const field = at + FIELD_AT[L4Type.sctp]
  arena.u8.fill(0, field, field + 4)
  const crc = crc32c(arena.u8, at, bytes)
  put(arena, field, crc)
  put(arena, field + 2, crc >>> 16)
}

/**
 * Sums the frame from offset `start`, and the number `length`, and stores the complement at offset `field`. In UDP a sum of zero is
 * sent as all ones. False when either is outside the frame.
 */
export function insertFrom(
  arena: Arena,
  at: number,
  bytes: number,
  start: number,
  field: number,
  udp: boolean,
  length: number,
): boolean {
  if (start >= bytes || field + 2 > bytes) return false
  const first = ((length & 0xff) << 8) | (length >>> 8)
  const sum = ~arena.sum(at + start, bytes - start, first) & 0xffff
  // A field at an odd distance from the start would be summed with its bytes the other way round; no protocol has one.
  put(arena, at + field, udp && sum === 0 ? 0xffff : sum)
  return true
}

function put(arena: Arena, at: number, value: number): void {
  arena.u8[at] = value
  arena.u8[at + 1] = value >>> 8
}

import type { Arena } from '@npa/memory'
import { fold, onesSum } from '../engine/ones-complement.js'
import { L4Type, TxContext, TxInfo } from './descriptors.js'

/** Minimal IPv4 header, and the L4 bytes that a checksum field needs, by L4T. */
const IPV4_BYTES = 20
const FIELD_AT = [6, 16] as const

/**
 * Inserts the checksums that a data descriptor asks for, as the context (two words) says. `at` and `bytes` are the frame without
 * an inserted tag. False when the context points outside the frame.
 */
export function insertChecksums(
  arena: Arena,
  at: number,
  bytes: number,
  info: number,
  context0: number,
  context2: number,
): boolean {
  const macLength = (context0 >>> TxContext.macLengthShift) & TxContext.macLengthMask
  const ipLength = context0 & TxContext.ipLengthMask
  const ip = at + macLength
  if ((info & TxInfo.ixsm) !== 0 && (context2 & TxContext.ipv4) !== 0) {
    if (ipLength < IPV4_BYTES || macLength + ipLength > bytes) return false
    put(arena, ip + 10, 0)
    put(arena, ip + 10, ~onesSum(arena.u8, arena.i32, ip, ipLength, 0))
  }
  if ((info & TxInfo.txsm) === 0) return true
  const type = (context2 >>> TxContext.l4TypeShift) & TxContext.l4TypeMask
  if (type > L4Type.tcp) return false
  const l4 = macLength + ipLength
  return insertFrom(arena, at, bytes, l4, l4 + FIELD_AT[type], type === L4Type.udp, 0)
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
  const sum = ~fold(onesSum(arena.u8, arena.i32, at + start, bytes - start, first)) & 0xffff
  // A field at an odd distance from the start would be summed with its bytes the other way round; no protocol has one.
  put(arena, at + field, udp && sum === 0 ? 0xffff : sum)
  return true
}

function put(arena: Arena, at: number, value: number): void {
  arena.u8[at] = value
  arena.u8[at + 1] = value >>> 8
}

import { putU16be, putU32be, u16be, u32be } from './bytes.js'

/** Bytes of a header without options (RFC 9293, 3.1). */
export const HEADER_BYTES = 20
/** Bytes of the longest header. */
export const MAX_HEADER_BYTES = 60

/** Byte offsets in the header. */
export const Field = {
  sourcePort: 0,
  destinationPort: 2,
  sequence: 4,
  acknowledgment: 8,
  dataOffset: 12,
  flags: 13,
  window: 14,
  checksum: 16,
  urgent: 18,
} as const

export const Flag = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, ece: 64, cwr: 128 } as const

export function sourcePort(u8: Uint8Array, at: number): number {
  return u16be(u8, at)
}

export function destinationPort(u8: Uint8Array, at: number): number {
  return u16be(u8, at + Field.destinationPort)
}

/** Sequence number, a u32. */
export function sequence(u8: Uint8Array, at: number): number {
  return u32be(u8, at + Field.sequence)
}

/** Acknowledgment number, a u32. */
export function acknowledgment(u8: Uint8Array, at: number): number {
  return u32be(u8, at + Field.acknowledgment)
}

/** Bytes of the header with its options, as the header says: 0 to 60. */
export function headerBytes(u8: Uint8Array, at: number): number {
  return (u8[at + Field.dataOffset] >>> 4) << 2
}

/** Bits of `Flag`. */
export function flags(u8: Uint8Array, at: number): number {
  return u8[at + Field.flags]
}

/** The window before scaling. */
export function window(u8: Uint8Array, at: number): number {
  return u16be(u8, at + Field.window)
}

export function checksum(u8: Uint8Array, at: number): number {
  return u16be(u8, at + Field.checksum)
}

export function setSequence(u8: Uint8Array, at: number, value: number): void {
  putU32be(u8, at + Field.sequence, value)
}

export function setFlags(u8: Uint8Array, at: number, bits: number): void {
  u8[at + Field.flags] = bits
}

export function setChecksum(u8: Uint8Array, at: number, value: number): void {
  putU16be(u8, at + Field.checksum, value)
}

/** Writes the first 20 bytes with checksum and urgent pointer 0; `header` is the length with options, a multiple of 4. */
export function emit(
  u8: Uint8Array,
  at: number,
  from: number,
  to: number,
  seq: number,
  ack: number,
  header: number,
  bits: number,
  wnd: number,
): void {
  putU16be(u8, at, from)
  putU16be(u8, at + Field.destinationPort, to)
  putU32be(u8, at + Field.sequence, seq)
  putU32be(u8, at + Field.acknowledgment, ack)
  u8[at + Field.dataOffset] = (header >>> 2) << 4
  u8[at + Field.flags] = bits
  putU16be(u8, at + Field.window, wnd)
  putU32be(u8, at + Field.checksum, 0)
}

import { putU16be, u16be } from './bytes.js'

/** Bytes of the header (RFC 768). */
export const HEADER_BYTES = 8

/** Byte offsets in the header. */
export const Field = { sourcePort: 0, destinationPort: 2, length: 4, checksum: 6 } as const

export function sourcePort(u8: Uint8Array, at: number): number {
  return u16be(u8, at)
}

export function destinationPort(u8: Uint8Array, at: number): number {
  return u16be(u8, at + Field.destinationPort)
}

/** Bytes of header and payload, as the header says. */
export function length(u8: Uint8Array, at: number): number {
  return u16be(u8, at + Field.length)
}

/** The checksum; 0 says that the sender made none (IPv4 only). */
export function checksum(u8: Uint8Array, at: number): number {
  return u16be(u8, at + Field.checksum)
}

export function setChecksum(u8: Uint8Array, at: number, value: number): void {
  putU16be(u8, at + Field.checksum, value)
}

/** Writes a header with checksum 0; `bytes` is the length of header and payload. */
export function emit(u8: Uint8Array, at: number, from: number, to: number, bytes: number): void {
  putU16be(u8, at, from)
  putU16be(u8, at + Field.destinationPort, to)
  putU16be(u8, at + Field.length, bytes)
  putU16be(u8, at + Field.checksum, 0)
}

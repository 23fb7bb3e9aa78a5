import { putU16be, u16be } from './bytes.js'
import { sumBytes } from './checksum.js'

/** Bytes of a header: type, code, checksum and one word more (RFC 792). */
export const HEADER_BYTES = 8

/** Byte offsets in the header; the last two for echoes. */
export const Field = { type: 0, code: 1, checksum: 2, identifier: 4, sequence: 6 } as const

export const Type = { echoReply: 0, unreachable: 3, echoRequest: 8, timeExceeded: 11 } as const

export function type(u8: Uint8Array, at: number): number {
  return u8[at]
}

export function code(u8: Uint8Array, at: number): number {
  return u8[at + Field.code]
}

export function identifier(u8: Uint8Array, at: number): number {
  return u16be(u8, at + Field.identifier)
}

export function sequence(u8: Uint8Array, at: number): number {
  return u16be(u8, at + Field.sequence)
}

/** Writes the header of an echo over the payload that lies behind it already; `length` is that of header and payload. */
export function emitEcho(u8: Uint8Array, at: number, length: number, kind: number, ident: number, seq: number): void {
  u8[at] = kind
  u8[at + Field.code] = 0
  putU16be(u8, at + Field.checksum, 0)
  putU16be(u8, at + Field.identifier, ident)
  putU16be(u8, at + Field.sequence, seq)
  putU16be(u8, at + Field.checksum, ~sumBytes(u8, at, length, 0))
}

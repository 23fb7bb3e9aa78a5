import { putU16be, putU32be, u16be, u32be } from './bytes.js'

/** Bytes of the fixed header (RFC 8200, 3). */
export const HEADER_BYTES = 40
/** Bytes of an address. */
export const ADDRESS_BYTES = 16

/** Byte offsets in the header. */
export const Field = { payloadLength: 4, nextHeader: 6, hopLimit: 7, source: 8, destination: 24 } as const

export function version(u8: Uint8Array, at: number): number {
  return u8[at] >>> 4
}

export function trafficClass(u8: Uint8Array, at: number): number {
  return (u16be(u8, at) >>> 4) & 255
}

export function flowLabel(u8: Uint8Array, at: number): number {
  return u32be(u8, at) & 0xfffff
}

/** Bytes after the fixed header, as it says. */
export function payloadLength(u8: Uint8Array, at: number): number {
  return u16be(u8, at + Field.payloadLength)
}

export function nextHeader(u8: Uint8Array, at: number): number {
  return u8[at + Field.nextHeader]
}

export function hopLimit(u8: Uint8Array, at: number): number {
  return u8[at + Field.hopLimit]
}

export function setPayloadLength(u8: Uint8Array, at: number, bytes: number): void {
  putU16be(u8, at + Field.payloadLength, bytes)
}

export function addressEqual(a: Readonly<Uint8Array>, aAt: number, b: Readonly<Uint8Array>, bAt: number): boolean {
  for (let i = 0; i < ADDRESS_BYTES; i++) if (a[aAt + i] !== b[bAt + i]) return false
  return true
}

/** Writes the fixed header, flow label 0; the addresses are 16 bytes each. */
export function emit(
  u8: Uint8Array,
  at: number,
  payload: number,
  next: number,
  hops: number,
  from: Readonly<Uint8Array>,
  to: Readonly<Uint8Array>,
): void {
  putU32be(u8, at, 0x60000000)
  putU16be(u8, at + Field.payloadLength, payload)
  u8[at + Field.nextHeader] = next
  u8[at + Field.hopLimit] = hops
  for (let i = 0; i < ADDRESS_BYTES; i++) {
    u8[at + Field.source + i] = from[i]
    u8[at + Field.destination + i] = to[i]
  }
}

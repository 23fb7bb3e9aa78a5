import { putU16be, putU32be, u16be, u32be } from './bytes.js'
import { sumBytes } from './checksum.js'

/** Bytes of a header without options (RFC 791, 3.1). */
export const HEADER_BYTES = 20

/** Byte offsets in the header. */
export const Field = {
  versionAndLength: 0,
  trafficClass: 1,
  totalLength: 2,
  identification: 4,
  fragment: 6,
  ttl: 8,
  protocol: 9,
  checksum: 10,
  source: 12,
  destination: 16,
} as const

/** Bits of the fragment word; the rest is the offset in units of 8 bytes. */
export const Fragment = { dontFragment: 0x4000, moreFragments: 0x2000, offsetMask: 0x1fff } as const

export function version(u8: Uint8Array, at: number): number {
  return u8[at] >>> 4
}

/** Bytes of the header with its options, as the header says: 0 to 60. */
export function headerBytes(u8: Uint8Array, at: number): number {
  return (u8[at] & 15) << 2
}

/** DSCP and ECN. */
export function trafficClass(u8: Uint8Array, at: number): number {
  return u8[at + Field.trafficClass]
}

/** Bytes of header and payload, as the header says. */
export function totalLength(u8: Uint8Array, at: number): number {
  return u16be(u8, at + Field.totalLength)
}

export function identification(u8: Uint8Array, at: number): number {
  return u16be(u8, at + Field.identification)
}

/** The word of flags and offset, see `Fragment`. */
export function fragment(u8: Uint8Array, at: number): number {
  return u16be(u8, at + Field.fragment)
}

export function ttl(u8: Uint8Array, at: number): number {
  return u8[at + Field.ttl]
}

export function protocol(u8: Uint8Array, at: number): number {
  return u8[at + Field.protocol]
}

export function checksum(u8: Uint8Array, at: number): number {
  return u16be(u8, at + Field.checksum)
}

/** Source address, a u32. */
export function source(u8: Uint8Array, at: number): number {
  return u32be(u8, at + Field.source)
}

/** Destination address, a u32. */
export function destination(u8: Uint8Array, at: number): number {
  return u32be(u8, at + Field.destination)
}

/** Changes the total length; the checksum is the caller's, see `setChecksum`. */
export function setTotalLength(u8: Uint8Array, at: number, bytes: number): void {
  putU16be(u8, at + Field.totalLength, bytes)
}

/** Changes the identification; the checksum is the caller's, see `setChecksum`. */
export function setIdentification(u8: Uint8Array, at: number, value: number): void {
  putU16be(u8, at + Field.identification, value)
}

/** Computes and stores the header's checksum. */
export function setChecksum(u8: Uint8Array, at: number): void {
  putU16be(u8, at + Field.checksum, 0)
  putU16be(u8, at + Field.checksum, ~sumBytes(u8, at, headerBytes(u8, at), 0))
}

/** Whether the header's checksum is right; the caller has checked that the header is there. */
export function checksumGood(u8: Uint8Array, at: number): boolean {
  return sumBytes(u8, at, headerBytes(u8, at), 0) === 0xffff
}

/** Writes a header of 20 bytes with its checksum, unfragmented and not to be fragmented; addresses are u32. */
export function emit(
  u8: Uint8Array,
  at: number,
  total: number,
  ident: number,
  hops: number,
  proto: number,
  from: number,
  to: number,
): void {
  u8[at] = 0x45
  u8[at + Field.trafficClass] = 0
  putU16be(u8, at + Field.totalLength, total)
  putU16be(u8, at + Field.identification, ident)
  putU16be(u8, at + Field.fragment, Fragment.dontFragment)
  u8[at + Field.ttl] = hops
  u8[at + Field.protocol] = proto
  putU32be(u8, at + Field.source, from)
  putU32be(u8, at + Field.destination, to)
  setChecksum(u8, at)
}

/** A u32 from `a.b.c.d`. Throws a `RangeError` that quotes any other text. */
export function parseAddress(text: string): number {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256)) {
    throw new RangeError(`'${text}' is not an IPv4 address: four numbers from 0 to 255 with dots between are expected`)
  }
  return parts.reduce((address, part) => address * 256 + Number(part), 0)
}

/** A u32 as `a.b.c.d`. */
export function formatAddress(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`
}

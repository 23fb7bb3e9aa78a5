import { u16be, u32be } from './bytes.js'

/** Bytes of a MAC address. */
export const MAC_BYTES = 6

/** ff:ff:ff:ff:ff:ff. */
export const BROADCAST: Readonly<Uint8Array> = new Uint8Array(MAC_BYTES).fill(255)

/** Six bytes from `xx:xx:xx:xx:xx:xx` (colons or hyphens, any case). Throws a `RangeError` that quotes any other text. */
export function parseMac(text: string): Uint8Array {
  if (!/^[0-9a-f]{2}([:-])[0-9a-f]{2}(\1[0-9a-f]{2}){4}$/i.test(text)) {
    throw new RangeError(
      `'${text}' is not a MAC address: six pairs of hexadecimal digits with colons between are expected`,
    )
  }
  return Uint8Array.from(text.split(/[:-]/), (pair) => Number.parseInt(pair, 16))
}

/** The address at `at` as `xx:xx:xx:xx:xx:xx`, lower case. */
export function formatMac(u8: Uint8Array, at = 0): string {
  return Array.from(u8.subarray(at, at + MAC_BYTES), (byte) => byte.toString(16).padStart(2, '0')).join(':')
}

export function macEqual(a: Readonly<Uint8Array>, aAt: number, b: Readonly<Uint8Array>, bAt: number): boolean {
  return u32be(a, aAt) === u32be(b, bAt) && u16be(a, aAt + 4) === u16be(b, bAt + 4)
}

export function isBroadcast(u8: Uint8Array, at: number): boolean {
  return u32be(u8, at) === 0xffffffff && u16be(u8, at + 4) === 0xffff
}

/** The group bit: multicast, broadcast included. */
export function isMulticast(u8: Uint8Array, at: number): boolean {
  return (u8[at] & 1) !== 0
}

/** Copies the six bytes of an address. */
export function copyMac(from: Readonly<Uint8Array>, fromAt: number, to: Uint8Array, toAt: number): void {
  for (let i = 0; i < MAC_BYTES; i++) to[toAt + i] = from[fromAt + i]
}

import { putU16be, u16be } from './bytes.js'
import { HEADER_BYTES } from './tcp.js'

/** Option kinds (RFC 9293, 3.2; window scale RFC 7323, 2). */
export const Kind = { end: 0, nop: 1, mss: 2, windowScale: 3 } as const

/** Words that `parse` fills, -1 where the option is missing. */
export const Option = {
  /** Maximum segment size, bytes. */
  mss: 0,
  /** Shift of the window, at most 14 (RFC 7323, 2.3). */
  windowScale: 1,
} as const

/** Words of `parse`'s result. */
export const OPTION_WORDS = 2

const MAX_SHIFT = 14

/** Reads the options of a header of `header` bytes into `out`; false when they are malformed: then `out` has those before the fault. */
export function parse(u8: Uint8Array, at: number, header: number, out: Int32Array): boolean {
  out[Option.mss] = -1
  out[Option.windowScale] = -1
  const end = at + header
  let place = at + HEADER_BYTES
  while (place < end) {
    const kind = u8[place]
    if (kind === Kind.end) return true
    if (kind === Kind.nop) {
      place++
      continue
    }
    const size = place + 1 < end ? u8[place + 1] : 0
    if (size < 2 || place + size > end) return false
    if (kind === Kind.mss && size === 4) out[Option.mss] = u16be(u8, place + 2)
    if (kind === Kind.windowScale && size === 3) out[Option.windowScale] = Math.min(u8[place + 2], MAX_SHIFT)
    place += size
  }
  return true
}

/** Writes the MSS option; returns its 4 bytes' end. */
export function emitMss(u8: Uint8Array, at: number, bytes: number): number {
  u8[at] = Kind.mss
  u8[at + 1] = 4
  putU16be(u8, at + 2, bytes)
  return at + 4
}

/** Writes a NOP and the window scale option; returns their 4 bytes' end. */
export function emitWindowScale(u8: Uint8Array, at: number, shift: number): number {
  u8[at] = Kind.nop
  u8[at + 1] = Kind.windowScale
  u8[at + 2] = 3
  u8[at + 3] = shift
  return at + 4
}

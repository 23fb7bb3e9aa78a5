import type { ConfigAccess } from './config-access.js'

/** Where a BAR stands in the host's address map. `bytes` is the size of one function's part. */
export interface BarPlace {
  readonly index: number
  readonly address: number
  readonly bytes: number
}

/** Gives out addresses, aligned to a power of two; throws a `RangeError` when it is full. */
export interface AddressWindow {
  allocate(bytes: number, align: number): number
}

/**
 * Sizes the six BAR registers from `base` as an operating system does (all ones written, the answer read) and gives each BAR
 * room for `copies` functions: 32-bit ones below 4 GiB, 64-bit ones above. Memory decoding is off meanwhile.
 * Throws a `RangeError` when a window is full.
 */
export function assignBars(
  config: ConfigAccess,
  base: number,
  copies: number,
  low: AddressWindow,
  high: AddressWindow,
): readonly BarPlace[] {
  const places: BarPlace[] = []
  for (let index = 0; index < 6; index++) {
    const at = base + 4 * index
    config.configWrite(at, 4, 0xffffffff)
    const answer = config.configRead(at, 4)
    const bytes = -((answer & ~0xf) | 0) >>> 0
    if (answer === 0 || bytes === 0) continue
    const wide = (answer & 0x6) === 0x4
    const address = (wide ? high : low).allocate(bytes * copies, Math.max(bytes, 4096))
    config.configWrite(at, 4, address >>> 0)
    if (wide) config.configWrite(at + 4, 4, Math.floor(address / 4294967296))
    places.push({ index, address, bytes })
    if (wide) index++
  }
  return places
}

/** Quantities as people write them: a number, then a unit. Each returns undefined when the text is none of its kind. */

function scaled(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?([A-Za-z/]+)$/.exec(text)
  const unit = match === null ? undefined : (units[match[2]] as number | undefined)
  return match === null || unit === undefined ? undefined : Number(match[1]) * unit
}

export const RATE_UNITS = { 'Mb/s': 1e6, 'Gb/s': 1e9 } as const
export const TIME_UNITS = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 } as const
export const SIZE_UNITS = { B: 1, KiB: 1024, MiB: 1048576, GiB: 1073741824 } as const

/** Bits per second. */
export function parseRate(text: string): number | undefined {
  return scaled(text, RATE_UNITS)
}

/** Nanoseconds. */
export function parseTime(text: string): number | undefined {
  const ns = scaled(text, TIME_UNITS)
  return ns === undefined ? undefined : Math.round(ns)
}

/** Bytes. */
export function parseSize(text: string): number | undefined {
  const bytes = scaled(text, SIZE_UNITS)
  return bytes === undefined || !Number.isInteger(bytes) ? undefined : bytes
}

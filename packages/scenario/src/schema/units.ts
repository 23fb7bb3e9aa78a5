/** Quantities as people write them: a number, then a unit. Each parser returns undefined when the text is none of its kind. */

export const RATE_UNITS = { 'Mb/s': 1e6, 'Gb/s': 1e9 } as const
export const TIME_UNITS = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 } as const
export const SIZE_UNITS = { B: 1, KiB: 1024, MiB: 1048576, GiB: 1073741824 } as const

type Units = Readonly<Record<string, number>>

/** The form of a quantity, as the source of a regular expression. */
export function quantityPattern(units: Units): string {
  return `^\\d+(\\.\\d+)? ?(${Object.keys(units).join('|')})$`
}

/** A whole number of the unit that counts as 1. */
function scaled(text: string, units: Units): number | undefined {
  const match = /^(\d+(?:\.\d+)?) ?([A-Za-z/]+)$/.exec(text)
  if (match === null || !Object.hasOwn(units, match[2])) return undefined
  // 1.1 Gb/s is 1100000000.0000002 in binary; what is further off than that is no whole number
  const value = Number(match[1]) * units[match[2]]
  const whole = Math.round(value)
  return Math.abs(value - whole) <= value * 1e-12 ? whole : undefined
}

/** Bits per second. */
export function parseRate(text: string): number | undefined {
  return scaled(text, RATE_UNITS)
}

/** Nanoseconds. */
export function parseTime(text: string): number | undefined {
  return scaled(text, TIME_UNITS)
}

/** Bytes. */
export function parseSize(text: string): number | undefined {
  return scaled(text, SIZE_UNITS)
}

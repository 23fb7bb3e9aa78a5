import { z } from 'zod'
import { parseRate, parseSize, parseTime, quantityPattern, RATE_UNITS, SIZE_UNITS, TIME_UNITS } from './units.js'

/** What a quantity may be, and the same in words for whoever wrote something else. */
interface Bounds {
  readonly least: number
  readonly most: number
  readonly words: string
}

function quantity(
  what: string,
  parse: (text: string) => number | undefined,
  units: Readonly<Record<string, number>>,
  { least, most, words }: Bounds,
): z.ZodType<number, string> {
  const names = Object.keys(units)
  const message = `expected a ${what}: a whole number of ${names[0]}, written with one of ${names.join(', ')}`
  return z
    .string({ error: (issue) => (issue.input === undefined ? undefined : message) })
    .meta({ pattern: quantityPattern(units), description: `A ${what} ${words}` })
    .transform((text, context) => {
      const value = parse(text)
      if (value !== undefined && value >= least && value <= most) return value
      context.addIssue({ code: 'custom', message: value === undefined ? message : `expected a ${what} ${words}` })
      return z.NEVER
    })
}

/** Bits per second of a link. */
export const rate: z.ZodType<number, string> = quantity('rate', parseRate, RATE_UNITS, {
  least: 1e6,
  most: 1e12,
  words: 'from 1 Mb/s to 1000 Gb/s, such as 10 Gb/s',
})

/** Nanoseconds that a link takes. */
export const delay: z.ZodType<number, string> = quantity('time', parseTime, TIME_UNITS, {
  least: 0,
  most: 10e6,
  words: 'from 0 ns to 10 ms, such as 1 us',
})

/** Nanoseconds. */
export function time(least: string, most: string): z.ZodType<number, string> {
  const bounds = { least: parseTime(least) ?? 0, most: parseTime(most) ?? 0, words: `from ${least} to ${most}` }
  return quantity('time', parseTime, TIME_UNITS, bounds)
}

/** Bytes, in whole units of 64 KiB when it is `memory`, which the arena and guests' pages want. */
export function size(least: string, most: string, memory = false): z.ZodType<number, string> {
  const bounds = { least: parseSize(least) ?? 0, most: parseSize(most) ?? 0, words: `from ${least} to ${most}` }
  const any = quantity('size', parseSize, SIZE_UNITS, bounds)
  return memory ? any.refine((bytes) => bytes % 65536 === 0, 'expected a multiple of 64 KiB') : any
}

/** Name of a host, VM or phase. Capture files and counters are called after it. */
export const name: z.ZodType<string, string> = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'expected a name: small letters, digits, hyphens; at most 32')

/** MAC address of a VM; it stays the VM's for life, whatever carries it. */
export const mac: z.ZodType<string, string> = z
  .string()
  .regex(/^([0-9a-fA-F]{2}:){5}[0-9a-fA-F]{2}$/, 'expected a MAC address, such as 00:50:56:00:00:0a')
  .refine((text) => (parseInt(text.slice(0, 2), 16) & 1) === 0, 'a NIC cannot have a multicast address')
  .refine((text) => !/^[0:]+$/.test(text), 'a NIC cannot have the address that is all zeros')

/** IPv4 address that a host can have, RFC 1122 3.2.1.3; the mask is 255.255.255.0. */
export const ip: z.ZodType<string, string> = z
  .string()
  .regex(/^((25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])(\.(?!$)|$)){4}$/, 'expected an IPv4 address, such as 10.1.0.1')
  .refine((text) => {
    const [first, , , last] = text.split('.').map(Number)
    return first !== 0 && first !== 127 && first < 224 && last !== 0 && last !== 255
  }, 'a VM cannot have this address: it is no host in a network with the mask 255.255.255.0')

/** An object that says which keys it has when it gets another. */
export function object<Shape extends z.core.$ZodLooseShape>(shape: Shape): z.ZodObject<Shape, z.core.$strict> {
  const keys = Object.keys(shape).join(', ')
  return z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? `no such key here: there are ${keys}` : undefined),
  })
}

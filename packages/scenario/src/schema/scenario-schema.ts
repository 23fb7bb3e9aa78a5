import { z } from 'zod'
import { COST_PROFILES } from '../cost/profiles.js'
import { parseRate, parseSize, parseTime, RATE_UNITS, SIZE_UNITS, TIME_UNITS } from './units.js'

function quantity(parse: (text: string) => number | undefined, what: string, units: object, least: number) {
  const message = `expected a ${what}: a number and one of ${Object.keys(units).join(', ')}`
  return z.string({ error: message }).transform((text, context) => {
    const value = parse(text)
    if (value !== undefined && value >= least) return value
    context.addIssue({ code: 'custom', message: value === undefined ? message : `the ${what} is too small` })
    return z.NEVER
  })
}

const rate = quantity(parseRate, 'rate', RATE_UNITS, 1e6)
const time = quantity(parseTime, 'time', TIME_UNITS, 0)
const size = quantity(parseSize, 'size', SIZE_UNITS, 1)
const name = z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'expected a name: small letters, digits, hyphens; at most 32')
const mac = z
  .string()
  .regex(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i, 'expected a MAC address, such as 00:50:56:00:00:0a')
  .refine((text) => (parseInt(text.slice(0, 2), 16) & 1) === 0, 'a NIC cannot have a multicast address')
const ip = z.string().regex(/^((25[0-5]|2[0-4]\d|1?\d?\d)(\.(?!$)|$)){4}$/, 'expected an IPv4 address')

const vm = z.strictObject({
  name,
  mac,
  ip,
  memory: size.default(64 * 1048576),
})

const nic = z.strictObject({
  model: z.literal('intel-82599'),
  /** The PF driver keeps its own pool in the same word of the pool bitmaps as all VFs, so that a filter moves by one write. */
  vfs: z.int().min(1).max(31, 'the 82599 has 64 pools; its PF driver enables at most 31 VFs').default(4),
})

const host = z.strictObject({ name, nic, vms: z.array(vm).min(1) })

const link = z.strictObject({ between: z.tuple([name, name]), rate, delay: time })

const stream = z.strictObject({
  between: z.tuple([name, name]),
  message: size.default(16384),
  window: size.default(65536),
  /** The stream stops, all acknowledged, when so many frames have been sent since the phase began. */
  frames: z.int().min(1),
})

const switchTo = z.strictObject({
  vms: z.array(name).min(1),
  to: z.enum(['passthrough', 'emulated']),
  /** Frames that the stream has sent when the switch is asked for. */
  afterFrames: z.int().min(0).default(1000),
  force: z.boolean().default(false),
})

const phase = z
  .strictObject({
    name,
    mode: z.enum(['emulated', 'passthrough']),
    stream: stream.optional(),
    replay: z.array(z.string()).min(1).optional(),
    switch: switchTo.optional(),
  })
  .refine((value) => value.stream === undefined || value.replay === undefined, {
    error: 'a phase has a stream or a replay, not both',
    path: ['replay'],
  })

export const scenarioSchema = z
  .strictObject({
    version: z.literal(0),
    seed: z.int().min(0).max(0xffffffff).default(1),
    memory: size.default(512 * 1048576),
    costs: z.enum(Object.keys(COST_PROFILES) as [keyof typeof COST_PROFILES]).default('nehalem'),
    hosts: z.array(host).min(1),
    links: z.array(link).default([]),
    phases: z.array(phase).min(1),
  })
  .superRefine((value, context) => {
    const refuse = (path: (string | number)[], message: string): void => {
      context.addIssue({ code: 'custom', path, message })
    }
    const seen = new Map<string, string>()
    const once = (key: string, path: (string | number)[], what: string): void => {
      const other = seen.get(`${what} ${key}`)
      if (other !== undefined) refuse(path, `${what} ${key} is also ${other}`)
      else seen.set(`${what} ${key}`, path.join('.'))
    }
    value.hosts.forEach((one, h) => {
      once(one.name, ['hosts', h, 'name'], 'name')
      one.vms.forEach((guest, v) => {
        const path = ['hosts', h, 'vms', v]
        once(guest.name, [...path, 'name'], 'name')
        once(guest.mac.toLowerCase(), [...path, 'mac'], 'MAC address')
        once(guest.ip, [...path, 'ip'], 'IP address')
      })
      if (one.vms.length > one.nic.vfs) {
        refuse(['hosts', h, 'nic', 'vfs'], `${one.vms.length} VMs need a VF each in passthrough: ${one.nic.vfs} VFs`)
      }
    })
    const hostNames = value.hosts.map((one) => one.name)
    const vmNames = value.hosts.flatMap((one) => one.vms.map((guest) => guest.name))
    const known = (wanted: string, all: string[], path: (string | number)[], what: string): void => {
      if (!all.includes(wanted)) refuse(path, `no ${what} is called ${wanted}: there are ${all.join(', ')}`)
    }
    const wired = new Set<string>()
    value.links.forEach(({ between }, l) => {
      if (between[0] === between[1]) refuse(['links', l, 'between'], `${between[0]} cannot be linked with itself`)
      between.forEach((end, i) => {
        known(end, hostNames, ['links', l, 'between', i], 'host')
        if (wired.has(end)) refuse(['links', l, 'between', i], `the NIC of ${end} has a link already`)
        wired.add(end)
      })
    })
    value.phases.forEach((one, p) => {
      once(one.name, ['phases', p, 'name'], 'phase')
      one.stream?.between.forEach((end, i) => {
        known(end, vmNames, ['phases', p, 'stream', 'between', i], 'VM')
      })
      one.switch?.vms.forEach((end, i) => {
        known(end, vmNames, ['phases', p, 'switch', 'vms', i], 'VM')
      })
      if (one.switch !== undefined && one.switch.to !== one.mode) {
        refuse(['phases', p, 'mode'], `the phase switches to ${one.switch.to}, so that is the mode it ends in`)
      }
    })
  })

export type Scenario = z.output<typeof scenarioSchema>
export type PhaseSpec = Scenario['phases'][number]
export type StreamSpec = NonNullable<PhaseSpec['stream']>
export type SwitchSpec = NonNullable<PhaseSpec['switch']>

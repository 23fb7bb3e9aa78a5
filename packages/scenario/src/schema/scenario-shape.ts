import { z } from 'zod'
import { COST_PROFILES } from '../cost/profiles.js'
import { delay, ip, mac, name, object, rate, size } from './fields.js'
import { NIC_MODELS } from './nic-models.js'

const vm = object({
  name,
  mac: mac.meta({ description: 'Stays with the VM, whatever carries its frames' }),
  ip: ip.meta({ description: 'With the mask 255.255.255.0' }),
  /** 16 MiB of it lie below the PCI hole, the rest from 4 GiB on. */
  memory: size('32 MiB', '1 GiB', true).prefault('64 MiB'),
  vlans: z
    .array(z.int().min(1).max(4094))
    .max(32, 'the 82599 has 64 VLAN filters for all its functions, the 82576 has 32: at most 32 for a VM')
    .default([])
    .meta({
      description: 'VLANs whose tagged frames it receives beside untagged ones; without any, its NIC filters none',
    }),
})

const nic = object({
  model: z
    .enum(NIC_MODELS)
    .default('intel-82599')
    .meta({ description: 'The 82599 has a port of 10 Gb/s, the 82576 of 1' }),
  /** The PF driver keeps its own pool in the same word of the pool bitmaps as all VFs, so that a filter moves by one write. */
  vfs: z
    .int()
    .min(1)
    .max(31, 'the 82599 has 64 pools, of which its PF driver gives at most 31 to VFs; the 82576 gives 7 of 8')
    .default(4)
    .meta({ description: 'Virtual functions that the PF driver enables; at most 7 on an 82576' }),
})

const host = object({ name, nic: nic.prefault({}), vms: z.array(vm).min(1, 'a host without VMs has nothing to do') })

const ends = z.tuple([name, name])

const link = object({ between: ends.meta({ description: 'Two hosts' }), rate, delay })

const stream = object({
  between: ends.meta({ description: 'Two VMs; the second one listens. Both send' }),
  message: size('1 B', '16 MiB').prefault('16 KiB').meta({ description: 'What is written to the socket at once' }),
  window: size('4 KiB', '16 MiB').prefault('64 KiB').meta({ description: "The socket's buffers" }),
  frames: z
    .int()
    .min(1)
    .max(1e9)
    .meta({ description: 'The stream stops, all acknowledged, when VMs have sent so many in this phase' }),
})

const switchTo = object({
  vms: z.array(name).min(1),
  to: z.enum(['passthrough', 'emulated']),
  afterFrames: z
    .int()
    .min(0)
    .max(1e9)
    .default(1000)
    .meta({ description: 'Frames sent in this phase when the switch is asked for, if it has a stream' }),
  force: z.boolean().default(false).meta({ description: "Leave passthrough without the guests' help" }),
})

const phase = object({
  name,
  mode: z.enum(['emulated', 'passthrough']).meta({
    description:
      'What carries the frames, when it ends, of the VMs that it switches, or else of one of those that it names',
  }),
  stream: stream.optional().meta({ description: 'TCP both ways between two VMs' }),
  replay: z.array(z.string().min(1, 'expected the name of a file')).min(1).optional().meta({
    description: 'Captures (pcap), from the folder of the scenario; each VM sends the frames with its address',
  }),
  switch: switchTo.optional().meta({ description: 'VMs that change from emulation to passthrough or back' }),
})

/** Each part of a scenario for itself. */
export const scenarioShape = object({
  version: z.literal(0),
  seed: z.int().min(0).max(0xffffffff).default(1).meta({ description: 'Of all that is random in a run' }),
  clock: z.enum(['virtual', 'real']).default('virtual').meta({
    description:
      'Virtual time in one thread, which repeats exactly, or real time, a thread for each guest, host and NIC',
  }),
  memory: size('32 MiB', '2047 MiB', true)
    .prefault('512 MiB')
    .meta({ description: 'Of the whole simulation: all VMs, 2 MiB more for each, 20 MiB for each host' }),
  costs: z
    .enum(Object.keys(COST_PROFILES) as [keyof typeof COST_PROFILES])
    .default('nehalem')
    .meta({ description: 'What an event costs, in cycles of which processor' }),
  hosts: z.array(host).min(1),
  links: z.array(link).default([]),
  phases: z.array(phase).min(1).meta({ description: 'One after the other; all VMs start emulated' }),
})

export type Scenario = z.output<typeof scenarioShape>

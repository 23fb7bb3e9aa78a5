import { Counters, noTrace } from '@npa/core'
import type { Clock, TaskSource, Trace, VirtualScheduler } from '@npa/core'
import { Host, PluginStore } from '@npa/hypervisor'
import type { Latencies } from '@npa/hypervisor'
import { Arena } from '@npa/memory'
import { CapturePort, Direction, insert, Link, parseMac } from '@npa/wire'
import type { CaptureSink, Port, TwoPort } from '@npa/wire'
import { CostLedger } from './cost/ledger.js'
import { COST_PROFILES } from './cost/profiles.js'
import type { CostProfile } from './cost/profiles.js'
import type { CountedComponent } from './drops.js'
import { Guest } from './guest/guest.js'
import { NICS } from './nics.js'
import { Oracle } from './oracle/oracle.js'
import type { CaptureOutput } from './recording.js'
import type { Scenario } from './schema/scenario-schema.js'

/** Where a host's first NIC stands on its bus. */
const NIC_RID = 0x0100

/** What the machines' processors take for things, ns. */
export interface Timing {
  readonly latencies: Latencies
  /** How long a guest may take for its part of a mode switch. */
  readonly guestAnswerNs: number
}

/** Constant latencies of the modelled processors: they shape batches, while work itself takes no virtual time. */
const VIRTUAL: Timing = { latencies: { interruptNs: 2000, pollNs: 3000 }, guestAnswerNs: 10e6 }

export interface SimulationOptions<Time extends Clock & TaskSource> {
  readonly scenario: Scenario
  /** Whoever runs it runs the simulation. */
  readonly scheduler: Time
  /** In real time, where everything takes its own time; in virtual time there are constants for it. */
  readonly timing?: Timing
  readonly trace?: Trace
  readonly capture?: CaptureOutput
  /** Instead of the one that the scenario names. */
  readonly costs?: CostProfile
}

type VmSpec = Scenario['hosts'][number]['vms'][number]

/** All parts of a scenario, connected, in the time of a scheduler, virtual or real. */
export class Simulation<Time extends Clock & TaskSource = VirtualScheduler> {
  readonly scenario: Scenario
  readonly scheduler: Time
  readonly arena: Arena
  readonly ledger: CostLedger
  readonly oracle: Oracle
  readonly hosts: Host[] = []
  readonly guests: Guest[] = []
  readonly links: Link[] = []
  readonly components: CountedComponent[] = []
  readonly #capture: CaptureOutput | undefined
  readonly #trace: Trace
  readonly #timing: Timing
  readonly #wires = new Map<string, Port>()
  /** Capture interfaces of the hosts' cages. */
  readonly #wireIds = new Map<string, number>()

  constructor(options: SimulationOptions<Time>) {
    const { scenario, scheduler } = options
    this.scenario = scenario
    this.scheduler = scheduler
    this.#timing = options.timing ?? VIRTUAL
    this.#capture = options.capture
    this.#trace = options.trace ?? noTrace
    this.arena = new Arena(scenario.memory)
    this.ledger = new CostLedger(options.costs ?? COST_PROFILES[scenario.costs])
    const vms = scenario.hosts.flatMap((host) => host.vms)
    this.oracle = new Oracle(
      this.arena,
      vms.map(({ name, mac, vlans }) => ({ name, mac: parseMac(mac), vlans })),
    )
    for (const host of scenario.hosts) this.#addHost(host)
    for (const link of scenario.links) this.#addLink(link)
    for (const host of scenario.hosts) {
      for (const vm of host.vms) this.#addGuest(host.name, vm)
    }
  }

  /** Bytes that NICs have moved by DMA, for their physical and virtual functions. */
  get dmaBytes(): number {
    let sum = 0
    for (const { root } of this.hosts) for (const rid of root.rids()) sum += root.port(rid).bytes
    return sum
  }

  guest(name: string): Guest {
    const found = this.guests.find((guest) => guest.name === name)
    if (found === undefined) throw new Error(`no VM is called ${name}`)
    return found
  }

  /** The cage of a host's NIC, for a cable that leads out of the simulation. Throws an `Error` when no host is called so. */
  wire(host: string): Port {
    const wire = this.#wires.get(host)
    if (wire === undefined) throw new Error(`no host is called ${host}`)
    return wire
  }

  /** Closes the guests' drivers and switches the hosts off. Returns what was not given back, by name; nothing when all is well. */
  close(): Record<string, number> {
    const leaks: Record<string, number> = {}
    for (const { name, shell } of this.guests) {
      shell.close()
      const { buffers, dmaBlocks } = shell.leaks()
      if (buffers > 0) leaks[`${name}.packetBuffers`] = buffers
      if (dmaBlocks > 0) leaks[`${name}.dmaBlocks`] = dmaBlocks
    }
    for (const host of this.hosts) Object.assign(leaks, host.close())
    return leaks
  }

  #addHost(spec: Scenario['hosts'][number]): void {
    const { arena, scheduler, ledger } = this
    const plugins = new PluginStore()
    for (const { image } of Object.values(NICS)) plugins.add(image())
    const counters = new Counters()
    this.components.push({ name: `${spec.name}.switch`, kind: 'host', counters })
    const host = new Host({
      name: spec.name,
      arena,
      clock: scheduler,
      tasks: scheduler,
      meter: ledger,
      counters,
      trace: this.#trace,
      plugins,
      ...this.#timing,
    })
    const name = `${spec.name}.nic`
    const mac = Uint8Array.of(0x02, 0x4e, 0x50, 0x41, 0, this.hosts.length)
    const { model, vfs } = spec.nic
    const { create, bind } = NICS[model]
    const nic = create({ arena, scheduler, name, mac })
    this.components.push({ name, kind: model, counters: nic.counters })
    host.addNic(NIC_RID, nic.pf, (platform) => bind({ platform, arena, meter: ledger, routingId: NIC_RID, vfs }))
    this.hosts.push(host)
    this.#wires.set(spec.name, nic.wire)
  }

  #addLink(spec: Scenario['links'][number]): void {
    const { arena, scheduler } = this
    const [a, b] = spec.between
    const counters = new Counters()
    this.components.push({ name: `${a}--${b}`, kind: 'link', counters })
    const link = new Link(`${a}--${b}`, {
      arena,
      clock: scheduler,
      counters,
      rateBps: spec.rate,
      delayNs: spec.delay,
    })
    this.links.push(link)
    insert(this.wire(a), [...this.#wireCapture(a), link, ...this.#wireCapture(b).map(turned)], this.wire(b))
  }

  /** A capture of what passes at a host's cage, its NIC on side `a`. */
  #wireCapture(host: string): TwoPort[] {
    const capture = this.#capture
    if (capture === undefined) return []
    const id = capture.interface(`${host}-wire`)
    this.#wireIds.set(host, id)
    const sink: CaptureSink = (...packet) => {
      capture.packet(...packet)
    }
    return [new CapturePort(`${host}-wire`, this.scheduler, this.arena.u8, id, sink)]
  }

  /** Socket buffers that a guest's streams want, bytes; 64 KiB, with which NPA was measured, when it has none. */
  #window(vm: string): number {
    const windows = this.scenario.phases.map(({ stream }) =>
      stream?.between.includes(vm) === true ? stream.window : 0,
    )
    return Math.max(...windows) || 65536
  }

  #addGuest(hostName: string, spec: VmSpec): void {
    const { scheduler, ledger, oracle, scenario } = this
    const host = this.hosts[scenario.hosts.findIndex((one) => one.name === hostName)]
    const id = this.#capture?.interface(spec.name)
    const moved = (to: 'emulated' | 'passthrough'): void => {
      if (id === undefined) return
      const from = to === 'emulated' ? 'passthrough' : 'emulated'
      const text = `${spec.name}: ${from} to ${to}, filters moved`
      for (const at of [id, this.#wireIds.get(hostName)]) {
        if (at !== undefined) this.#capture?.comment(at, scheduler.nowNs(), text)
      }
    }
    const vm = host.addVm({ name: spec.name, mac: parseMac(spec.mac), memoryBytes: spec.memory, moved })
    const index = this.guests.length
    const guest = new Guest({
      vm,
      index,
      ip: spec.ip,
      vlans: spec.vlans,
      seed: scenario.seed,
      clock: scheduler,
      meter: ledger,
      oracle,
      trace: this.#trace,
      window: this.#window(spec.name),
      watch: (outbound, u8, at, length) => {
        if (id === undefined) return
        const direction = outbound ? Direction.outbound : Direction.inbound
        this.#capture?.packet(id, scheduler.nowNs(), direction, u8, at, length, -1)
      },
    })
    this.components.push({ name: `${spec.name}.vmxnet3`, kind: 'vmxnet3', counters: vm.device.counters })
    this.components.push({ name: `${spec.name}.stack`, kind: 'stack', counters: guest.stack.counters })
    this.guests.push(guest)
  }
}

/** The same wrapper with its sides changed. */
function turned(wrapper: TwoPort): TwoPort {
  return { a: wrapper.b, b: wrapper.a }
}

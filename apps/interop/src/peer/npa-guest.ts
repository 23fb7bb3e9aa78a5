import { Counters } from '@npa/core'
import type { GuestStack } from '@npa/guest-stack'
import { PortCable } from '@npa/link-partner'
import type { Hub } from '@npa/link-partner'
import { collectDrops, scenarioSchema, Simulation } from '@npa/scenario'
import { RealScheduler } from '@npa/vfio-user'
import { join, Link, parseMac } from '@npa/wire'
import { GUEST_MAC } from '../devices/device.js'

const HOST = 'far'

/** One host of ours with an 82599 and one VM. */
const SCENARIO = scenarioSchema.parse({
  version: 0,
  memory: '64 MiB',
  hosts: [
    {
      name: HOST,
      nic: { model: 'intel-82599', vfs: 4 },
      vms: [{ name: 'npa', mac: '00:50:56:00:77:04', ip: '192.168.77.4', memory: '32 MiB' }],
    },
  ],
  phases: [{ name: 'boot', mode: 'emulated' }],
})

/** In real time interrupts and bottom halves take the time they take; a guest on a busy machine may be slow to answer. */
const TIMING = { latencies: { interruptNs: 0, pollNs: 0 }, guestAnswerNs: 5e9 }

const CABLE = { rateBps: 10e9, delayNs: 0 }

/** Frames that the virtual switch holds for a guest between two paths. The judged one has one path. */
const HOLD_FRAMES = 1

/** Where the judged guest is: across the wire from the NPA guest's host, or on a port of that host's virtual switch. */
export type Place = 'wire' | 'switch'

/** What carries its frames. */
export type Mode = 'emulated' | 'passthrough'

/** What has been done for the NPA guest's frames so far. */
export interface Carried {
  /** Frames that its stack sent or got. */
  readonly frames: number
  readonly vmExits: number
  /** Copies by a processor of the host. */
  readonly copies: number
  /** Descriptors that the emulated NIC read or completed. */
  readonly emulated: number
  /** Accesses to a VF's registers, and bytes that VFs moved. */
  readonly direct: number
  readonly vfBytes: number
}

/** A VM of ours in real time: its vmxnet3 driver goes from the emulated device to a virtual function and back, its TCP stays. */
export class NpaGuest {
  readonly #simulation: Simulation<RealScheduler>
  readonly #cable: PortCable
  readonly #unplug: () => void

  private constructor(simulation: Simulation<RealScheduler>, cable: PortCable, unplug: () => void) {
    this.#simulation = simulation
    this.#cable = cable
    this.#unplug = unplug
  }

  /** Powers it on beside the judged guest, whose cable ends in the hub. */
  static start(hub: Hub, place: Place): NpaGuest {
    const scheduler = new RealScheduler()
    const simulation = new Simulation({ scenario: SCENARIO, scheduler, timing: TIMING })
    const { arena } = simulation
    const link = new Link('cable', { ...CABLE, arena, clock: scheduler, counters: new Counters() })
    join(simulation.wire(HOST), link.a)
    const wire = new PortCable(arena, scheduler, link.b)
    const cable = place === 'wire' ? wire : localPort(simulation)
    cable.receive = (frame) => hub.inject(frame)
    const unplug = hub.join((frame) => cable.send(frame))
    simulation.guests[0].shell.open()
    return new NpaGuest(simulation, cable, unplug)
  }

  /** Whether frames pass. */
  get up(): boolean {
    return this.#simulation.hosts[0].driver.uplink.up && this.stack.linkUp
  }

  get stack(): GuestStack {
    return this.#simulation.guests[0].stack
  }

  get ip(): string {
    return SCENARIO.hosts[0].vms[0].ip
  }

  /** Asks for the other path; `force` takes the VF away without the guest's help. */
  request(mode: Mode, force: boolean): void {
    const { passthrough } = this.#simulation.guests[0].vm
    if (mode === 'passthrough') passthrough.enter()
    else if (force) passthrough.force()
    else passthrough.leave()
  }

  /** Both halves, hypervisor and driver, are on that path. */
  isIn(mode: Mode): boolean {
    const { vm, shell } = this.#simulation.guests[0]
    return vm.passthrough.mode === mode && shell.state === mode
  }

  /** Switches made so far, and how many of them by force. */
  switches(): { all: number; forced: number } {
    const { switches } = this.#simulation.guests[0].vm.passthrough
    return { all: switches.length, forced: switches.filter(({ forced }) => forced).length }
  }

  /** Where it stands, in words. */
  get state(): string {
    const { vm, shell } = this.#simulation.guests[0]
    return `hypervisor ${vm.passthrough.mode} (${vm.passthrough.reason}), driver ${shell.state}`
  }

  carried(): Carried {
    const { ledger, hosts, guests } = this.#simulation
    const { root } = hosts[0]
    const [, ...vfs] = root.rids()
    return {
      frames: ledger.count('guestStackFrame'),
      vmExits: ledger.count('vmExit'),
      copies: ledger.count('copyCall'),
      emulated: ledger.count('emulatedDescriptor'),
      direct: guests[0].vm.counts.direct,
      vfBytes: vfs.reduce((sum, rid) => sum + root.port(rid).bytes, 0),
    }
  }

  /** Frames lost so far, by the counter that says so; nothing when all is well. */
  drops(): Record<string, number> {
    const drops = { ...collectDrops(this.#simulation.components), cable: this.#cable.lost }
    return Object.fromEntries(Object.entries(drops).filter(([, count]) => count > 0))
  }

  /** Switches it off. Returns what was not given back, by name. */
  close(): Record<string, number> {
    this.#unplug()
    const leaks = this.#simulation.close()
    this.#simulation.scheduler.stop()
    return leaks
  }
}

/** A port of the host's virtual switch for the judged guest; its address is an emulated VM's, so the NIC sends its frames to the PF. */
function localPort({ arena, scheduler, hosts }: Simulation<RealScheduler>): PortCable {
  const mac = parseMac(GUEST_MAC)
  const [{ vswitch, driver }] = hosts
  const port = vswitch.addPort('linux', mac, HOLD_FRAMES)
  driver.start({ op: 'pfAddMacFilter', mac }, () => undefined)
  return new PortCable(arena, scheduler, port)
}

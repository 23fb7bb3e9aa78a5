import type { CostKind, CostMeter } from '@npa/core'
import { IommuPort } from '@npa/memory'
import type { AddressSpace } from '@npa/memory'
import { DmaMemory, InterruptController } from '@npa/pci'
import type { MsiTarget } from '@npa/pci'
import { Vmxnet3Device } from '@npa/vmxnet3-device'
import { RxMode } from '@npa/vmxnet3-spec'
import { GuestMemory } from './guest-memory.js'
import { GuestPlatform } from './guest-platform.js'
import type { ExitCounts } from './guest-platform.js'
import { dmaRange, GuestRam } from './guest-ram.js'
import type { Host } from './host.js'
import { Passthrough } from './passthrough.js'
import type { EmulatedNic, ModeSwitch, PassthroughVm, VfPages } from './passthrough-vm.js'
import type { SwitchPort } from './switch-port.js'

/** Frames that a VM's switch port holds during a switch; its emulated receive ring has more buffers. */
const HOLD_FRAMES = 256

/** Largest payload of an Ethernet frame. */
const MTU = 1500

/** How a host reaches a guest that runs elsewhere: in a thread of its own. */
export interface RemoteGuest {
  /** Interrupts of the emulated device. */
  readonly injected: MsiTarget
  /** Interrupts of a VF. The remapping table's entries name it, so that messages can go to the guest directly. */
  readonly posted: MsiTarget
  /** Lets the guest's accesses to BAR4 reach a VF, or ends that before it returns. */
  mapVf(vf: VfPages | undefined): void
}

export interface VmSpec {
  readonly name: string
  readonly mac: Uint8Array
  /** Whole pages, more than 16 MiB. */
  readonly memoryBytes: number
  /** Where the guest runs; in this thread, on the VM's `platform`, when left out. */
  readonly guest?: RemoteGuest
  /** Called at the instant from which frames take another path. */
  readonly moved?: (to: ModeSwitch['to']) => void
}

/** One VM: memory, the emulated vmxnet3, its port of the virtual switch, the control of its data path, and the guest's machine. */
export class Vm {
  readonly name: string
  readonly device: Vmxnet3Device
  readonly port: SwitchPort
  readonly passthrough: Passthrough
  /** Nested page table and IOMMU domain. */
  readonly space: AddressSpace
  readonly counts: ExitCounts = { exits: 0, direct: 0 }
  readonly #host: Host
  readonly #ram: GuestRam
  readonly #local: LocalGuest | undefined

  constructor(spec: VmSpec, host: Host) {
    const { name, mac } = spec
    const { arena, clock, tasks, meter, counters, trace, plugins, guestAnswerNs } = host.parts
    this.name = name
    this.#host = host
    this.#ram = new GuestRam(name, arena, spec.memoryBytes)
    const { space } = this.#ram
    this.space = space
    const passthrough = (): Passthrough => this.passthrough
    this.device = new Vmxnet3Device({
      name: `${name}.vmxnet3`,
      arena,
      tasks,
      mac,
      cost: meter,
      trace,
      macChanged: (changed) => {
        passthrough().macChanged(changed)
      },
      npa: {
        stopEmulation: () => 0,
        loadPlugin: (lo, hi, length) => passthrough().loadPlugin(lo, hi, length),
        activateVf: () => passthrough().activateVf(),
        implementation: () => passthrough().implementation(),
        activated: () => {
          passthrough().step('activateDev')
        },
        stopped: () => {
          passthrough().step('reset')
        },
        filtersChanged: () => {
          host.driver.joinVlans(this.device.vlans.filter((vlan) => vlan > 0))
          passthrough().filtersChanged()
        },
      },
    })
    this.#local = spec.guest === undefined ? this.#localGuest(spec.memoryBytes) : undefined
    const guest = spec.guest ?? this.#local
    const dma = new IommuPort(arena)
    dma.assign(space)
    const injected = charged(guest?.injected, meter, 'interruptInjected')
    this.device.attach(dma, injected, () => undefined)
    this.port = host.vswitch.addPort(name, mac, HOLD_FRAMES)
    this.port.connect(this.device.port)
    this.device.port.connect(this.port)
    const vm: PassthroughVm = {
      name,
      mac,
      mtu: MTU,
      arena,
      space,
      memory: new GuestMemory(arena, space),
      interrupts: spec.guest?.posted ?? charged(this.#local?.posted, meter, 'interruptPosted'),
      port: this.port,
      nic: emulatedNic(this.device),
      mapVf: (vf) => {
        spec.guest?.mapVf(vf)
        if (vf === undefined) this.device.unmapVf()
        else this.device.mapVf(vf.registers)
      },
      backWithRam: (start, bytes) => {
        this.#ram.back(start, bytes)
      },
      moved: (to) => spec.moved?.(to),
    }
    const { root, vswitch, driver } = host
    this.passthrough = new Passthrough(vm, { clock, trace, counters, root, vswitch, driver, plugins, guestAnswerNs })
    this.device.msix.onChange((vector) => {
      this.passthrough.vectorChanged(vector)
    })
  }

  /** The machine around a guest of this thread. Throws an `Error` when the guest runs elsewhere. */
  get platform(): GuestPlatform {
    if (this.#local === undefined) throw new Error(`the guest of ${this.name} runs in another thread`)
    return this.#local.platform
  }

  #localGuest(memoryBytes: number): LocalGuest {
    const { arena, clock, tasks, meter, latencies } = this.#host.parts
    const { name, device, counts } = this
    const interrupts = new InterruptController(`${name}.apic`, clock, tasks, latencies.interruptNs)
    const { start, end } = dmaRange(memoryBytes)
    const memory = new DmaMemory(`${name}.dma`, arena, this.space, start, end)
    const platform = new GuestPlatform({
      name,
      clock,
      tasks,
      meter,
      counts,
      device,
      interrupts,
      memory,
      pollLatencyNs: latencies.pollNs,
      vfRegisters: () => device.vfWindow.vf,
    })
    return { platform, memory, injected: interrupts, posted: interrupts }
  }

  /**
   * The power is cut, whatever the guest was doing. `done` gets what was not given back, by name, once its VF is quiet and everything
   * of the VM is the host's again.
   */
  powerOff(done: (leaks: Record<string, number>) => void): void {
    this.device.stopDataPath()
    this.passthrough.abandon(() => done(this.close()))
  }

  /** Switches the VM off; what its guest did not give back, by name. */
  close(): Record<string, number> {
    const leaks: Record<string, number> = {}
    const held = this.#local?.memory.inUse ?? 0
    if (held > 0) leaks[`${this.name}.dmaBlocks`] = held
    this.passthrough.close()
    this.#host.removeVm(this)
    this.device.dispose()
    this.#ram.free()
    return leaks
  }
}

/** A guest of this thread, and where its interrupts go. */
interface LocalGuest {
  readonly platform: GuestPlatform
  readonly memory: DmaMemory
  readonly injected: MsiTarget
  readonly posted: MsiTarget
}

function charged(target: MsiTarget | undefined, meter: CostMeter, kind: CostKind): MsiTarget {
  return {
    message: (lo, hi, data) => {
      meter.charge(kind, 1)
      target?.message(lo, hi, data)
    },
  }
}

function emulatedNic(device: Vmxnet3Device): EmulatedNic {
  return {
    raiseEvent: (bits) => {
      device.raiseEvent(bits)
    },
    vector: (vector) => ({
      addressLo: device.msix.word(vector, 0),
      addressHi: device.msix.word(vector, 1),
      data: device.msix.word(vector, 2),
      masked: device.msix.masked(vector),
    }),
    get rxMode() {
      const { rxMode } = device
      return {
        unicast: (rxMode & RxMode.unicast) !== 0,
        multicast: (rxMode & RxMode.multicast) !== 0,
        broadcast: (rxMode & RxMode.broadcast) !== 0,
        allMulticast: (rxMode & RxMode.allMulticast) !== 0,
        promiscuous: (rxMode & RxMode.promiscuous) !== 0,
      }
    },
    get multicast() {
      return device.multicast
    },
    get vlans() {
      return device.vlans
    },
    stopDataPath: () => {
      device.stopDataPath()
    },
  }
}

import type { Mmio } from '@npa/core'
import { IommuPort } from '@npa/memory'
import { DmaMemory, InterruptController } from '@npa/pci'
import type { MsiTarget } from '@npa/pci'
import { Vmxnet3Device } from '@npa/vmxnet3-device'
import { RxMode } from '@npa/vmxnet3-spec'
import { GuestMemory } from './guest-memory.js'
import { GuestPlatform } from './guest-platform.js'
import type { ExitCounts } from './guest-platform.js'
import { GuestRam, HIGH_BASE } from './guest-ram.js'
import type { Host } from './host.js'
import { Passthrough } from './passthrough.js'
import type { EmulatedNic, ModeSwitch, PassthroughVm } from './passthrough.js'
import type { SwitchPort } from './switch-port.js'

/** Frames that a VM's switch port holds during a switch; its emulated receive ring has more buffers. */
const HOLD_FRAMES = 256

/** Largest payload of an Ethernet frame. */
const MTU = 1500

export interface VmSpec {
  readonly name: string
  readonly mac: Uint8Array
  /** Whole pages, more than 16 MiB. */
  readonly memoryBytes: number
  /** Called at the instant from which frames take another path. */
  readonly moved?: (to: ModeSwitch['to']) => void
}

/** One VM: memory, interrupt controller, the emulated vmxnet3, its port of the virtual switch, the control of its data path. */
export class Vm {
  readonly name: string
  readonly platform: GuestPlatform
  readonly device: Vmxnet3Device
  readonly port: SwitchPort
  readonly passthrough: Passthrough
  readonly counts: ExitCounts = { exits: 0, direct: 0 }
  readonly #host: Host
  readonly #ram: GuestRam
  readonly #memory: DmaMemory

  constructor(spec: VmSpec, host: Host) {
    const { name, mac } = spec
    const { arena, clock, tasks, meter, counters, trace, plugins, latencies, guestAnswerNs } = host.parts
    this.name = name
    this.#host = host
    this.#ram = new GuestRam(name, arena, spec.memoryBytes)
    const { space } = this.#ram
    const interrupts = new InterruptController(`${name}.apic`, clock, tasks, latencies.interruptNs)
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
    const dma = new IommuPort(arena)
    dma.assign(space)
    const injected: MsiTarget = {
      message: (lo, hi, data) => {
        meter.charge('interruptInjected', 1)
        interrupts.message(lo, hi, data)
      },
    }
    const posted: MsiTarget = {
      message: (lo, hi, data) => {
        meter.charge('interruptPosted', 1)
        interrupts.message(lo, hi, data)
      },
    }
    this.device.attach(dma, injected, () => undefined)
    this.port = host.vswitch.addPort(name, mac, HOLD_FRAMES)
    this.port.connect(this.device.port)
    this.device.port.connect(this.port)
    this.#memory = new DmaMemory(`${name}.dma`, arena, space, HIGH_BASE, this.#ram.highEnd)
    this.platform = new GuestPlatform({
      name,
      clock,
      tasks,
      meter,
      counts: this.counts,
      device: this.device,
      interrupts,
      memory: this.#memory,
      pollLatencyNs: latencies.pollNs,
    })
    const vm: PassthroughVm = {
      name,
      mac,
      mtu: MTU,
      arena,
      space,
      memory: new GuestMemory(arena, space),
      interrupts: posted,
      port: this.port,
      nic: emulatedNic(this.device),
      mapVf: (registers: Mmio | undefined) => {
        this.platform.vfRegisters = registers
        if (registers === undefined) this.device.unmapVf()
        else this.device.mapVf(registers)
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

  /** Switches the VM off; what its guest did not give back, by name. */
  close(): Record<string, number> {
    const leaks: Record<string, number> = {}
    if (this.#memory.inUse > 0) leaks[`${this.name}.dmaBlocks`] = this.#memory.inUse
    this.passthrough.close()
    this.#host.vswitch.removePort(this.port)
    this.device.reset('power')
    this.#ram.free()
    return leaks
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

import type { Clock, CostMeter, Counters, DriverPlatform, TaskSource, Trace } from '@npa/core'
import { AddressSpace } from '@npa/memory'
import type { Arena } from '@npa/memory'
import { DmaMemory, InterruptController, PciDriverPlatform, RemappedVectors, RootComplex } from '@npa/pci'
import type { PciFunction } from '@npa/pci'
import type { PfDriver } from '@npa/plugin-api/host'
import type { Port } from '@npa/wire'
import type { PluginStore } from './plugin-store.js'
import { VirtualSwitch } from './virtual-switch.js'
import { Vm } from './vm.js'
import type { VmSpec } from './vm.js'

/** Bytes of memory for the drivers of a host, and where in its address space they lie. */
const DRIVER_BYTES = 0x1000000
const DRIVER_BASE = 0x1_0000_0000

/** Constant latencies of a processor, ns. They shape batches; processing itself takes no virtual time. */
export interface Latencies {
  /** From an interrupt message to its handler. */
  readonly interruptNs: number
  /** From a handler to its bottom half. */
  readonly pollNs: number
}

export interface HostParts {
  readonly name: string
  readonly arena: Arena
  readonly clock: Clock
  readonly tasks: TaskSource
  readonly meter: CostMeter
  readonly counters: Counters
  readonly trace: Trace
  readonly plugins: PluginStore
  readonly latencies: Latencies
  /** How long a guest may take for its part of a mode switch, ns. */
  readonly guestAnswerNs: number
}

/** A PF driver as the host runs it: passthrough operations, and the uplink of the virtual switch. */
export interface UplinkDriver extends PfDriver {
  readonly uplink: Port
  /** VMs of the virtual switch receive tagged frames of these VLANs. */
  joinVlans(vlans: readonly number[]): void
  /** Stops the device and returns its memory. */
  close(): void
}

/** One physical machine: root complex with IOMMU, virtual switch, PF drivers bound to the functions found, VMs. */
export class Host {
  readonly parts: HostParts
  readonly root: RootComplex
  readonly vswitch: VirtualSwitch
  readonly vms: Vm[] = []
  readonly #memory: DmaMemory
  readonly #driversAt: number
  readonly #space: AddressSpace
  readonly #interrupts: InterruptController
  #driver: UplinkDriver | undefined
  #platform: PciDriverPlatform | undefined

  constructor(parts: HostParts) {
    const { name, arena, clock, tasks, meter, counters, latencies } = parts
    this.parts = parts
    this.root = new RootComplex(arena)
    this.vswitch = new VirtualSwitch({ arena, meter, counters })
    this.#space = new AddressSpace(`${name}.host`)
    this.#driversAt = arena.allocate(DRIVER_BYTES)
    this.#space.map(DRIVER_BASE, DRIVER_BYTES, this.#driversAt)
    this.#memory = new DmaMemory(`${name}.drivers`, arena, this.#space, DRIVER_BASE, DRIVER_BASE + DRIVER_BYTES)
    this.#interrupts = new InterruptController(`${name}.apic`, clock, tasks, latencies.interruptNs)
  }

  get driver(): UplinkDriver {
    if (this.#driver === undefined) throw new Error(`host ${this.parts.name} has no NIC`)
    return this.#driver
  }

  /** Plugs a NIC's physical function in at a routing id and lets a PF driver bind to it; its uplink becomes the switch's. */
  addNic(rid: number, fn: PciFunction, bind: (platform: DriverPlatform) => UplinkDriver): UplinkDriver {
    const { name, clock, tasks, meter, latencies } = this.parts
    this.root.plug(rid, fn)
    this.root.port(rid).assign(this.#space)
    const platform = new PciDriverPlatform({
      name: `${name}.nic`,
      clock,
      tasks,
      config: this.root.config(rid),
      bar: (bar) => this.root.mmio(rid, bar),
      vectors: new RemappedVectors(this.root.remapping, this.#interrupts, rid),
      memory: this.#memory,
      pollLatencyNs: latencies.pollNs,
    })
    this.#platform = platform
    const driver = bind(hostInterruptsCharged(platform, meter))
    this.#driver = driver
    driver.uplink.connect(this.vswitch.uplinkFace)
    this.vswitch.uplinkFace.connect(driver.uplink)
    return driver
  }

  addVm(spec: VmSpec): Vm {
    const vm = new Vm(spec, this)
    this.vms.push(vm)
    return vm
  }

  /** For `Vm.close`. */
  removeVm(vm: Vm): void {
    this.vswitch.removePort(vm.port)
    this.vms.splice(this.vms.indexOf(vm), 1)
  }

  /** Switches everything off. Returns what was not given back, by name; nothing when all is well. */
  close(): Record<string, number> {
    const leaks: Record<string, number> = {}
    const note = (what: string, count: number): void => {
      if (count > 0) leaks[`${this.parts.name}.${what}`] = count
    }
    for (const vm of [...this.vms]) Object.assign(leaks, vm.close())
    this.#driver?.close()
    note('driver.dmaBlocks', this.#platform?.dmaInUse ?? 0)
    this.#platform?.disableVectors()
    note('remappingEntries', this.root.remapping.inUse)
    this.parts.arena.free(this.#driversAt)
    return leaks
  }
}

/** The platform of a host driver, its interrupts charged to the host. */
function hostInterruptsCharged(platform: PciDriverPlatform, meter: CostMeter): DriverPlatform {
  return {
    clock: platform.clock,
    configRead: (offset, size) => platform.configRead(offset, size),
    configWrite: (offset, size, value) => {
      platform.configWrite(offset, size, value)
    },
    bar: (index) => platform.bar(index),
    allocDma: (bytes, align) => platform.allocDma(bytes, align),
    freeDma: (block) => {
      platform.freeDma(block)
    },
    mapDma: (lo, hi, bytes) => platform.mapDma(lo, hi, bytes),
    enableVectors: (count) => platform.enableVectors(count),
    irq: (vector, handler) => {
      platform.irq(vector, () => {
        meter.charge('hostInterrupt', 1)
        handler()
      })
    },
    poller: (name, poll) => platform.poller(name, poll),
  }
}

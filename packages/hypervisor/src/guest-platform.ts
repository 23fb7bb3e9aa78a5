import type { Clock, CostMeter, DmaBlock, DriverPlatform, Mmio, Poller, TaskSource } from '@npa/core'
import { PciDriverPlatform } from '@npa/pci'
import type { DmaMemory, InterruptController, PciFunction } from '@npa/pci'
import { Bar } from '@npa/vmxnet3-spec'

/** Counts of what the guest's accesses cost the hypervisor. */
export interface ExitCounts {
  /** Trapped accesses. */
  exits: number
  /** Accesses to a VF's registers, which trap nobody. */
  direct: number
}

export interface GuestPlatformParts {
  readonly name: string
  readonly clock: Clock
  readonly tasks: TaskSource
  readonly meter: CostMeter
  readonly counts: ExitCounts
  readonly device: PciFunction
  readonly interrupts: InterruptController
  readonly memory: DmaMemory
  readonly pollLatencyNs: number
  /** The registers that the nested page table maps behind BAR4 now, if any. */
  readonly vfRegisters: () => Mmio | undefined
}

/**
 * The machine around a guest's driver: its own memory and interrupt controller, and the vmxnet3 whose every register access traps.
 * Behind BAR4 lie a VF's registers while the nested page table maps them: those accesses do not trap.
 */
export class GuestPlatform implements DriverPlatform {
  readonly clock: Clock
  readonly #parts: GuestPlatformParts
  readonly #pci: PciDriverPlatform

  constructor(parts: GuestPlatformParts) {
    this.clock = parts.clock
    this.#parts = parts
    const { name, clock, tasks, device, interrupts, memory, pollLatencyNs } = parts
    this.#pci = new PciDriverPlatform({
      name,
      clock,
      tasks,
      config: {
        configRead: (offset, size) => {
          this.#exit()
          return device.configRead(offset, size)
        },
        configWrite: (offset, size, value) => {
          this.#exit()
          device.configWrite(offset, size, value)
        },
      },
      bar: (index) => (index === Bar.vf ? this.#vfWindow() : this.#trapped(index)),
      vectors: interrupts,
      memory,
      pollLatencyNs,
    })
  }

  /** DMA blocks that the guest's driver still has. */
  get dmaInUse(): number {
    return this.#pci.dmaInUse
  }

  configRead(offset: number, size: 1 | 2 | 4): number {
    return this.#pci.configRead(offset, size)
  }

  configWrite(offset: number, size: 1 | 2 | 4, value: number): void {
    this.#pci.configWrite(offset, size, value)
  }

  bar(index: number): Mmio {
    return this.#pci.bar(index)
  }

  allocDma(bytes: number, align: number): DmaBlock {
    return this.#pci.allocDma(bytes, align)
  }

  freeDma(block: DmaBlock): void {
    this.#pci.freeDma(block)
  }

  mapDma(lo: number, hi: number, bytes: number): DmaBlock {
    return this.#pci.mapDma(lo, hi, bytes)
  }

  enableVectors(count: number): number {
    return this.#pci.enableVectors(count)
  }

  irq(vector: number, handler: () => void): void {
    const { meter } = this.#parts
    this.#pci.irq(vector, () => {
      meter.charge('guestInterrupt', 1)
      handler()
    })
  }

  poller(name: string, poll: (budget: number) => number): Poller {
    const { meter } = this.#parts
    return this.#pci.poller(name, (budget) => {
      meter.charge('guestPoll', 1)
      return poll(budget)
    })
  }

  #exit(): void {
    this.#parts.counts.exits++
    this.#parts.meter.charge('vmExit', 1)
  }

  #trapped(index: number): Mmio {
    const { device } = this.#parts
    return {
      read32: (offset) => {
        this.#exit()
        return device.barRead(index, offset, 4)
      },
      write32: (offset, value) => {
        this.#exit()
        device.barWrite(index, offset, 4, value)
      },
    }
  }

  #vfWindow(): Mmio {
    const { counts, meter, vfRegisters } = this.#parts
    const trapped = this.#trapped(Bar.vf)
    return {
      read32: (offset) => {
        const registers = vfRegisters()
        if (registers === undefined) return trapped.read32(offset)
        counts.direct++
        meter.charge('guestDoorbell', 1)
        return registers.read32(offset)
      },
      write32: (offset, value) => {
        const registers = vfRegisters()
        if (registers === undefined) {
          trapped.write32(offset, value)
          return
        }
        counts.direct++
        meter.charge('guestDoorbell', 1)
        registers.write32(offset, value)
      },
    }
  }
}

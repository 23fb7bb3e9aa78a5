import type { CostKind, DriverPlatform } from '@npa/core'
import { VirtualScheduler } from '@npa/core'
import { AddressSpace, Arena } from '@npa/memory'
import { DmaMemory, Extended, Header, ScheduledPoller, SriovCap } from '@npa/pci'
import type { PtOp, PtResult, PtStatus } from '@npa/plugin-api/host'
import { Intel82599Pf } from '../intel-82599-pf.js'
import type { Intel82599PfOptions } from '../intel-82599-pf.js'
import * as R from '../registers.js'

const SRIOV = 0x160
export const OWN_MAC = [0x02, 0, 0, 0, 0, 0x99] as const

/** One access to a register, in order. */
export interface Access {
  readonly offset: number
  readonly value: number
}

/**
 * Registers that mostly remember what is written, under the PF driver, in virtual time: what the driver writes is looked at here, what
 * the chip does with it is the model's tests'. The few answers without which an initialisation does not end are given.
 */
export class FakeChip {
  readonly scheduler: VirtualScheduler = new VirtualScheduler()
  readonly arena: Arena
  readonly values: Map<number, number> = new Map<number, number>()
  writes: Access[] = []
  readonly config: DataView = new DataView(new ArrayBuffer(4096))
  readonly charges: Partial<Record<CostKind, number>> = {}
  readonly handlers: (() => void)[] = []
  vectors = 64
  /** Queues that ignore changes of their enable bit. */
  readonly stuck: Set<number> = new Set<number>()
  /** Registers that a read clears. */
  readonly clearedByRead: Set<number> = new Set<number>()
  readonly memory: DmaMemory
  readonly platform: DriverPlatform

  /** `driverBytes` is what the driver can allocate: enough for the standard MTU unless given. */
  constructor(driverBytes = 0x300000) {
    this.arena = new Arena(driverBytes + 0x100000)
    const space = new AddressSpace('host')
    space.map(0x100000000, driverBytes, this.arena.allocate(driverBytes))
    this.memory = new DmaMemory('drivers', this.arena, space, 0x100000000, 0x100000000 + driverBytes)
    this.#configure()
    this.set(R.RAL(0), 0x00000002)
    this.set(R.RAH(0), 0x80009900)
    this.set(R.RXMEMWRAP, R.Rxmemwrap.empty)
    this.set(R.LINKS, R.LINKS_UP)
    this.platform = this.#platform()
  }

  get(offset: number): number {
    return this.values.get(offset) ?? 0
  }

  set(offset: number, value: number): void {
    this.values.set(offset, value)
  }

  /** Offsets written since the last call, or what was written to one of them. */
  taken(): Access[] {
    const writes = this.writes
    this.writes = []
    return writes
  }

  /** All registers that are not zero, to compare two moments. */
  snapshot(): Record<string, number> {
    const all: Record<string, number> = {}
    for (const [offset, value] of [...this.values].sort(([a], [b]) => a - b)) {
      if (value !== 0) all[offset.toString(16)] = value
    }
    return all
  }

  /** A driver on this chip. */
  driver(options: Partial<Intel82599PfOptions> = {}): Intel82599Pf {
    const meter = {
      charge: (kind: CostKind, count: number): void => {
        this.charges[kind] = (this.charges[kind] ?? 0) + count
      },
    }
    return new Intel82599Pf({
      platform: this.platform,
      arena: this.arena,
      meter,
      routingId: 0x100,
      vfs: 7,
      ...options,
    })
  }

  /** The same, brought up. */
  running(options: Partial<Intel82599PfOptions> = {}): Intel82599Pf {
    const driver = this.driver(options)
    this.scheduler.run(() => driver.running, 1e9)
    this.scheduler.run(() => false, this.scheduler.nowNs() + 1000)
    this.writes = []
    return driver
  }

  /** Runs an operation to its end. */
  run(driver: Intel82599Pf, op: PtOp): { status: PtStatus; result: PtResult } {
    let answer: { status: PtStatus; result: PtResult } | undefined
    driver.start(op, (status, result) => {
      answer = { status, result }
    })
    this.scheduler.run(() => answer !== undefined, this.scheduler.nowNs() + 1e9)
    if (answer === undefined) throw new Error(`${op.op} has not ended`)
    return answer
  }

  read(offset: number): number {
    if (offset === R.EEC) return R.EEC_AUTO_READ_DONE
    if (offset === R.RDRXCTL) return (this.get(offset) | R.Rdrxctl.dmaInitDone) >>> 0
    if (offset === R.SECRXSTAT) return R.SECRXSTAT_STOPPED
    const value = this.get(offset)
    if (this.clearedByRead.has(offset)) this.set(offset, 0)
    return value
  }

  #write(offset: number, value: number): void {
    this.writes.push({ offset, value })
    if (offset === R.CTRL) return
    if (this.stuck.has(offset)) return
    this.set(offset, value)
  }

  #configure(): void {
    const { config } = this
    config.setUint16(Header.vendor, 0x8086, true)
    config.setUint16(Header.device, 0x10f9, true)
    config.setUint32(0x100, 0x0001 | (1 << 16) | (SRIOV << 20), true)
    config.setUint32(SRIOV, Extended.sriov | (1 << 16), true)
    config.setUint16(SRIOV + SriovCap.totalVfs, 64, true)
    config.setUint16(SRIOV + SriovCap.firstVfOffset, 0x80, true)
    config.setUint16(SRIOV + SriovCap.vfStride, 2, true)
  }

  #platform(): DriverPlatform {
    const { config, scheduler, memory } = this
    return {
      clock: scheduler,
      configRead: (offset, size) =>
        size === 1
          ? config.getUint8(offset)
          : size === 2
            ? config.getUint16(offset, true)
            : config.getUint32(offset, true),
      configWrite: (offset, size, value) => {
        if (size === 1) config.setUint8(offset, value)
        else if (size === 2) config.setUint16(offset, value, true)
        else config.setUint32(offset, value, true)
      },
      bar: () => ({
        read32: (offset) => this.read(offset),
        write32: (offset, value) => {
          this.#write(offset, value)
        },
      }),
      allocDma: (bytes, align) => memory.alloc(bytes, align),
      freeDma: (block) => {
        memory.free(block)
      },
      mapDma: (lo, hi, bytes) => memory.map(lo, hi, bytes),
      enableVectors: (count) => Math.min(count, this.vectors),
      irq: (vector, handler) => {
        this.handlers[vector] = handler
      },
      poller: (name, poll) => new ScheduledPoller(name, poll, scheduler, scheduler, 0),
    }
  }
}

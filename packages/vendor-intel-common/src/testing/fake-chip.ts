import type { CostKind, DriverPlatform } from '@npa/core'
import { VirtualScheduler } from '@npa/core'
import { AddressSpace, Arena } from '@npa/memory'
import { DmaMemory, Extended, Header, ScheduledPoller, SriovCap } from '@npa/pci'
import type { PtOp, PtResult, PtStatus } from '@npa/plugin-api/host'
import type { IntelPf, IntelPfOptions } from '../pf/index.js'

const SRIOV = 0x160

/** One access to a register, in order. */
export interface Access {
  readonly offset: number
  readonly value: number
}

/** What is particular to a chip that is faked. */
export interface FakeKind<Options extends IntelPfOptions> {
  /** Device id of the physical function, and how many virtual functions it has. */
  readonly device: number
  readonly totalVfs: number
  /** Registers that are not zero at first. */
  readonly values: readonly (readonly [offset: number, value: number])[]
  /** Answers without which an initialisation does not end. */
  readonly answer: (offset: number, value: number) => number
  /** Writes that leave nothing behind. */
  readonly forgotten: readonly number[]
  readonly driver: (options: Options) => IntelPf
}

/**
 * Registers that mostly remember what is written, under the PF driver, in virtual time: what the driver writes is looked at here, what
 * the chip does with it is the model's tests'.
 */
export class FakeChip<Options extends IntelPfOptions = IntelPfOptions> {
  readonly #kind: FakeKind<Options>
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
  constructor(kind: FakeKind<Options>, driverBytes = 0x300000) {
    this.#kind = kind
    this.arena = new Arena(driverBytes + 0x100000)
    const space = new AddressSpace('host')
    space.map(0x100000000, driverBytes, this.arena.allocate(driverBytes))
    this.memory = new DmaMemory('drivers', this.arena, space, 0x100000000, 0x100000000 + driverBytes)
    this.#configure()
    for (const [offset, value] of kind.values) this.set(offset, value)
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
  driver(options: Partial<Options> = {}): IntelPf {
    const meter = {
      charge: (kind: CostKind, count: number): void => {
        this.charges[kind] = (this.charges[kind] ?? 0) + count
      },
    }
    const basics: IntelPfOptions = {
      platform: this.platform,
      arena: this.arena,
      meter,
      routingId: 0x100,
      vfs: 7,
    }
    return this.#kind.driver({ ...basics, ...options } as Options)
  }

  /** The same, brought up. */
  running(options: Partial<Options> = {}): IntelPf {
    const driver = this.driver(options)
    this.scheduler.run(() => driver.running, 1e9)
    this.scheduler.run(() => false, this.scheduler.nowNs() + 1000)
    this.writes = []
    return driver
  }

  /** Runs an operation to its end. */
  run(driver: IntelPf, op: PtOp): { status: PtStatus; result: PtResult } {
    let answer: { status: PtStatus; result: PtResult } | undefined
    driver.start(op, (status, result) => {
      answer = { status, result }
    })
    this.scheduler.run(() => answer !== undefined, this.scheduler.nowNs() + 1e9)
    if (answer === undefined) throw new Error(`${op.op} has not ended`)
    return answer
  }

  read(offset: number): number {
    const value = this.#kind.answer(offset, this.get(offset))
    if (this.clearedByRead.has(offset)) this.set(offset, 0)
    return value
  }

  #write(offset: number, value: number): void {
    this.writes.push({ offset, value })
    if (this.#kind.forgotten.includes(offset) || this.stuck.has(offset)) return
    this.set(offset, value)
  }

  #configure(): void {
    const { config } = this
    config.setUint16(Header.vendor, 0x8086, true)
    config.setUint16(Header.device, this.#kind.device, true)
    config.setUint32(0x100, 0x0001 | (1 << 16) | (SRIOV << 20), true)
    config.setUint32(SRIOV, Extended.sriov | (1 << 16), true)
    config.setUint16(SRIOV + SriovCap.totalVfs, this.#kind.totalVfs, true)
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

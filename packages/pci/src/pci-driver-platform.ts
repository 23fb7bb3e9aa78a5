import type { Clock, DmaBlock, DriverPlatform, Mmio, Poller, TaskSource } from '@npa/core'
import type { ConfigAccess } from './config-access.js'
import type { DmaMemory } from './dma-memory.js'
import { disableMsix, enableMsix, msixTableSize } from './msix-driver.js'
import type { VectorSource } from './msi-message.js'
import { ScheduledPoller } from './poller.js'

/** What an operating system, host or guest, gives to the driver of one function. */
export interface PciDriverPlatformParts {
  /** Names the function in timers and vectors. */
  readonly name: string
  readonly clock: Clock
  readonly tasks: TaskSource
  readonly config: ConfigAccess
  /** Registers of a BAR; called once per BAR. In a guest they trap. */
  readonly bar: (index: number) => Mmio
  readonly vectors: VectorSource
  readonly memory: DmaMemory
  /** From `schedule` to the poll. */
  readonly pollLatencyNs: number
}

/** A driver's platform on our own buses. */
export class PciDriverPlatform implements DriverPlatform {
  readonly clock: Clock
  readonly #parts: PciDriverPlatformParts
  readonly #bars = new Map<number, Mmio>()
  readonly #handlers: (() => void)[] = []
  #vectors: number[] = []
  readonly #blocks = new Set<DmaBlock>()

  constructor(parts: PciDriverPlatformParts) {
    this.clock = parts.clock
    this.#parts = parts
  }

  /** Blocks that the driver has not freed. */
  get dmaInUse(): number {
    return this.#blocks.size
  }

  configRead(offset: number, size: 1 | 2 | 4): number {
    return this.#parts.config.configRead(offset, size)
  }

  configWrite(offset: number, size: 1 | 2 | 4, value: number): void {
    this.#parts.config.configWrite(offset, size, value)
  }

  bar(index: number): Mmio {
    const known = this.#bars.get(index)
    if (known !== undefined) return known
    const bar = this.#parts.bar(index)
    this.#bars.set(index, bar)
    return bar
  }

  allocDma(bytes: number, align: number): DmaBlock {
    const block = this.#parts.memory.alloc(bytes, align)
    this.#blocks.add(block)
    return block
  }

  freeDma(block: DmaBlock): void {
    if (!this.#blocks.delete(block)) throw new Error(`${this.#parts.name}: freed a block that is not its own`)
    this.#parts.memory.free(block)
  }

  mapDma(lo: number, hi: number, bytes: number): DmaBlock {
    return this.#parts.memory.map(lo, hi, bytes)
  }

  enableVectors(count: number): number {
    this.disableVectors()
    const { config, name, vectors } = this.#parts
    const possible = Math.min(count, msixTableSize(config))
    for (let i = 0; i < possible; i++) this.#vectors.push(vectors.allocate(`${name}.${i}`, () => this.#interrupt(i)))
    enableMsix(
      config,
      (index) => this.bar(index),
      this.#vectors.map((vector) => vectors.messageOf(vector)),
    )
    return possible
  }

  irq(vector: number, handler: () => void): void {
    this.#handlers[vector] = handler
  }

  poller(name: string, poll: (budget: number) => number): Poller {
    const { clock, tasks, pollLatencyNs } = this.#parts
    return new ScheduledPoller(`${this.#parts.name}.${name}`, poll, clock, tasks, pollLatencyNs)
  }

  /** Turns MSI-X off and returns the vectors, as a driver's removal does; `enableVectors` may follow. */
  disableVectors(): void {
    if (this.#vectors.length === 0) return
    disableMsix(this.#parts.config)
    for (const vector of this.#vectors) this.#parts.vectors.release(vector)
    this.#vectors = []
  }

  #interrupt(i: number): void {
    const handler = this.#handlers[i] as (() => void) | undefined
    handler?.()
  }
}

import type { Clock, DmaBlock, DriverPlatform, Mmio, Poller } from '@npa/core'
import { disableBusMaster, disableMsix, enableMsix, msixTableSize } from '@npa/pci'
import type { BarPlace, ConfigAccess } from '@npa/pci'
import { RemoteBlock } from './dma-blocks.js'
import type { AddressPool } from './dma-blocks.js'
import { EcamConfig, enableEcam, placeFunction } from './ecam.js'
import { MESSAGE_PAGE, MessagePage } from './message-page.js'
import type { Qtest } from './qtest-protocol.js'

/** Work of one poll. */
const BUDGET = 64

/** What a driver of a function inside QEMU is given. */
export interface QtestPlatformParts {
  readonly qtest: Qtest
  /** Routing id of the function, as of power-on. */
  readonly rid: number
  /** Free RAM of the machine. */
  readonly memory: AddressPool
  /** The driver's time; who hands it in also moves it. */
  readonly clock: Clock
  /**
   * Memory for the driver's copies of its DMA blocks, in whole words: for a driver that hands on what is in them, such as frames, by its place
   * in one memory. It is never given back.
   */
  readonly local?: (bytes: number) => Uint8Array
}

class StepPoller implements Poller {
  scheduled = false
  readonly poll: (budget: number) => number
  constructor(poll: (budget: number) => number) {
    this.poll = poll
  }
  schedule(): void {
    this.scheduled = true
  }
}

/**
 * A driver's platform on a device inside QEMU. Registers and configuration space are qtest commands, DMA blocks are copied at their sync
 * calls, interrupts are messages that the device writes to a page of RAM. Nothing happens by itself: `step` looks for interrupts and
 * runs what they scheduled.
 */
export class QtestPlatform implements DriverPlatform {
  readonly clock: Clock
  readonly #qtest: Qtest
  readonly #config: ConfigAccess
  readonly #places: readonly BarPlace[]
  readonly #memory: AddressPool
  readonly #local: ((bytes: number) => Uint8Array) | undefined
  readonly #blocks = new Set<DmaBlock>()
  readonly #handlers: (() => void)[] = []
  readonly #pollers: StepPoller[] = []
  #page: MessagePage | undefined

  /** Maps configuration space and places the function's BARs, as firmware does. */
  constructor(parts: QtestPlatformParts) {
    this.clock = parts.clock
    this.#qtest = parts.qtest
    this.#memory = parts.memory
    this.#local = parts.local
    enableEcam(parts.qtest)
    this.#config = new EcamConfig(parts.qtest, parts.rid)
    this.#places = placeFunction(this.#config)
  }

  /** Blocks that the driver has not freed. */
  get dmaInUse(): number {
    return this.#blocks.size
  }

  configRead(offset: number, size: 1 | 2 | 4): number {
    return this.#config.configRead(offset, size)
  }

  configWrite(offset: number, size: 1 | 2 | 4, value: number): void {
    this.#config.configWrite(offset, size, value)
  }

  /** Throws a `RangeError` when the function has no such BAR, or for an access outside it. */
  bar(index: number): Mmio {
    const place = this.#places.find((known) => known.index === index)
    if (place === undefined) throw new RangeError(`the function has no BAR${index}`)
    const { address, bytes } = place
    const at = (offset: number): number => {
      if (offset < 0 || offset + 4 > bytes) throw new RangeError(`offset ${offset} in BAR${index} of ${bytes} bytes`)
      return address + offset
    }
    return {
      read32: (offset) => this.#qtest.readl(at(offset)),
      write32: (offset, value) => this.#qtest.writel(at(offset), value),
    }
  }

  allocDma(bytes: number, align: number): DmaBlock {
    const address = this.#memory.allocate(bytes, Math.max(align, 64))
    const block = new RemoteBlock(this.#qtest, address, bytes, this.#local?.(Math.ceil(bytes / 4) * 4))
    this.#blocks.add(block)
    return block
  }

  freeDma(block: DmaBlock): void {
    if (!this.#blocks.delete(block)) throw new Error('freed a DMA block that is not out')
    this.#memory.free(block.hi * 4294967296 + block.lo)
  }

  /** The block shows what the memory holds now; it is a copy of its own. */
  mapDma(lo: number, hi: number, bytes: number): DmaBlock {
    const block = new RemoteBlock(this.#qtest, hi * 4294967296 + (lo >>> 0), bytes)
    block.syncForCpu(0, bytes)
    return block
  }

  enableVectors(count: number): number {
    this.disableVectors()
    const possible = Math.min(count, msixTableSize(this.#config))
    if (possible === 0) return 0
    this.#page = new MessagePage(this.#qtest, this.#memory.allocate(MESSAGE_PAGE, MESSAGE_PAGE), possible)
    return enableMsix(this.#config, (index) => this.bar(index), this.#page.messages())
  }

  irq(vector: number, handler: () => void): void {
    this.#handlers[vector] = handler
  }

  poller(_name: string, poll: (budget: number) => number): Poller {
    const poller = new StepPoller(poll)
    this.#pollers.push(poller)
    return poller
  }

  /** Looks once for interrupts, runs their handlers, and returns how many vectors had one. */
  pollInterrupts(): number {
    return (
      this.#page?.collect((vector) => {
        const handler = this.#handlers[vector] as (() => void) | undefined
        handler?.()
      }) ?? 0
    )
  }

  /** Looks for interrupts, then runs every scheduled poller once. False: there was nothing to do. */
  step(): boolean {
    let busy = this.pollInterrupts() > 0
    for (const poller of this.#pollers) {
      if (!poller.scheduled) continue
      busy = true
      poller.scheduled = false
      if (poller.poll(BUDGET) >= BUDGET) poller.scheduled = true
    }
    return busy
  }

  /** Turns MSI-X off and gives its page back. */
  disableVectors(): void {
    if (this.#page === undefined) return
    disableMsix(this.#config)
    this.#memory.free(this.#page.address)
    this.#page = undefined
  }

  /** Takes the device off the bus: no interrupt and no DMA after this. */
  close(): void {
    this.disableVectors()
    disableBusMaster(this.#config)
  }
}

import type { CostMeter, Counters } from '@npa/core'
import { Event, RxComp, RxStat } from '@npa/vmxnet3-spec'
import { ethernet, Frame, FRAME_WORDS } from '@npa/wire'
import type { FrameBatch } from '@npa/wire'
import type { Bus } from './bus.js'
import type { ChipMemory } from './chip-memory.js'
import type { Interrupts } from './interrupts.js'
import { checksumBits, NOT_CALCULATED } from './rx-checksum.js'
import { Filtered } from './rx-filter.js'
import type { RxFilter } from './rx-filter.js'
import { frameTci, RxLayout } from './rx-layout.js'
import { Placed } from './rx-queue.js'
import type { RxQueue } from './rx-queue.js'

/** What the engine works with. */
export interface RxEngineParts {
  readonly bus: Bus
  readonly chip: ChipMemory
  readonly cost: CostMeter
  readonly counters: Counters
  readonly interrupts: Interrupts
  readonly filter: RxFilter
  readonly queues: readonly RxQueue[]
  readonly raiseEvent: (events: number) => void
}

/**
 * Takes every frame that the port is offered: into the driver's buffers, or to a counter. Always rxOffered = delivered (the
 * packet counts of UPT1_RxStats) + the filtered ones + pktsRxOutOfBuf + pktsRxError + rxNotReady.
 */
export class RxEngine {
  readonly #parts: RxEngineParts
  readonly #layout: RxLayout
  readonly #offered: number
  readonly #notReady: number
  readonly #copies: number
  /** Counters of `Filtered`: its values, negated, less one. */
  readonly #filtered: Int32Array
  #active = 0
  #running = false
  linkUp = true
  /** By uptFeatures: tell checksums, take tags out. */
  tellChecksums = false
  stripTags = false

  constructor(parts: RxEngineParts) {
    const { counters } = parts
    this.#parts = parts
    this.#layout = new RxLayout(parts.bus.u8, parts.chip)
    this.#offered = counters.slot('rxOffered')
    this.#notReady = counters.slot('rxNotReady')
    this.#copies = counters.slot('cpuCopies')
    this.#filtered = Int32Array.from(
      ['rxFilteredUnicast', 'rxFilteredMulticast', 'rxFilteredBroadcast', 'rxFilteredVlan'],
      (name) => counters.slot(name),
    )
  }

  /** Queues 0 … `queues` - 1 are in use from now on. */
  start(queues: number): void {
    this.#active = queues
    this.#running = true
  }

  stop(): void {
    this.#running = false
  }

  resume(): void {
    this.#running = this.#active > 0
  }

  /** Takes frames `from` … `from + count - 1` of a batch. */
  receive(batch: FrameBatch, from: number, count: number): void {
    const { counters, cost } = this.#parts
    counters.add(this.#offered, count)
    if (!this.#running || !this.linkUp) {
      counters.add(this.#notReady, count)
      return
    }
    let copies = 0
    let copied = 0
    for (let i = from; i < from + count; i++) {
      const bytes = this.#frame(batch.words, i * FRAME_WORDS)
      if (bytes === 0) continue
      copies++
      copied += bytes
    }
    const work = this.#interrupt()
    if (copies === 0) return
    counters.add(this.#copies, copies)
    cost.charge('copyCall', copies)
    cost.charge('copyByte', copied)
    cost.charge('emulatedDescriptor', work)
  }

  /** Returns the bytes copied, 0 for a frame that was dropped. */
  #frame(words: Int32Array, record: number): number {
    const { bus, filter, queues, counters } = this.#parts
    // Without RSS every frame goes to the first queue.
    const queue = queues[0]
    const at = words[record + Frame.address]
    const length = words[record + Frame.length]
    if (length < ethernet.HEADER_BYTES) {
      queue.stats.add(RxStat.errors, 1)
      return 0
    }
    const tci = frameTci(bus.u8, words, record)
    const kind = filter.accept(bus.u8, at, tci)
    if (kind <= Filtered.unicast) {
      counters.add(this.#filtered[-1 - kind], 1)
      return 0
    }
    if (queue.status.stopped) {
      counters.add(this.#notReady, 1)
      return 0
    }
    const layout = this.#layout
    layout.lay(words, record, tci, this.stripTags)
    const sums = this.tellChecksums
      ? checksumBits(bus.u8, at, length, words[record + Frame.flags], layout.completed)
      : NOT_CALCULATED
    const cnc = sums === NOT_CALCULATED
    const tag = layout.stripped < 0 ? 0 : RxComp.ts | (layout.stripped << RxComp.tciShift)
    const placed = queue.place(layout, cnc ? RxComp.cnc : 0, tag, cnc ? RxComp.fcs : RxComp.fcs | sums)
    if (placed !== Placed.ok) {
      this.#drop(queue, placed)
      return 0
    }
    queue.stats.frame(kind, layout.bytes)
    return layout.bytes
  }

  #drop(queue: RxQueue, why: number): void {
    if (why === Placed.noBuffer) {
      queue.stats.add(RxStat.outOfBuffers, 1)
      return
    }
    queue.stats.add(RxStat.errors, 1)
    if (why === Placed.tooManyBuffers) return
    queue.status.fail(why)
    this.#parts.raiseEvent(Event.rxQueueError)
  }

  /** One interrupt per queue and batch. Returns the queues' work. */
  #interrupt(): number {
    let work = 0
    for (let q = 0; q < this.#active; q++) {
      const queue = this.#parts.queues[q]
      if (!queue.completed) continue
      queue.completed = false
      work += queue.work
      queue.work = 0
      this.#parts.interrupts.fire(queue.interrupt)
    }
    return work
  }
}

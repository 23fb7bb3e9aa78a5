import type { CostMeter, Counters } from '@npa/core'
import { RxStat } from '@npa/vmxnet3-spec'
import { ethernet, Frame, FRAME_WORDS, LAYER_WORDS, parseLayers } from '@npa/wire'
import type { FrameBatch } from '@npa/wire'
import type { Interrupts } from './interrupts.js'
import { Lro } from './lro.js'
import { RxDelivery } from './rx-delivery.js'
import type { RxDeliveryParts } from './rx-delivery.js'
import { Filtered } from './rx-filter.js'
import type { RxFilter } from './rx-filter.js'
import { frameTci } from './rx-layout.js'
import { RxSteering } from './rx-steering.js'

/** What the engine works with. */
export interface RxEngineParts extends RxDeliveryParts {
  readonly cost: CostMeter
  readonly counters: Counters
  readonly interrupts: Interrupts
  readonly filter: RxFilter
}

/**
 * Takes every frame that the port is offered: into the driver's buffers, or to a counter. Always rxOffered = delivered (the
 * packet counts of UPT1_RxStats) + the filtered ones + pktsRxOutOfBuf + pktsRxError + rxNotReady.
 */
export class RxEngine {
  readonly steering: RxSteering = new RxSteering()
  readonly delivery: RxDelivery
  readonly lro: Lro
  readonly #parts: RxEngineParts
  readonly #offered: number
  readonly #notReady: number
  readonly #copies: number
  /** Counters of `Filtered`: its values, negated, less one. */
  readonly #filtered: Int32Array
  readonly #layers = new Int32Array(LAYER_WORDS)
  /** The batch that is worked on. */
  #words: Int32Array = new Int32Array(0)
  #active = 0
  #running = false
  linkUp = true

  constructor(parts: RxEngineParts) {
    const { counters } = parts
    this.#parts = parts
    this.delivery = new RxDelivery(parts)
    this.lro = new Lro(parts.bus.u8, (flow) => this.delivery.flow(this.#words, flow))
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
    const { delivery } = this
    counters.add(this.#offered, count)
    if (!this.#running || !this.linkUp) {
      counters.add(this.#notReady, count)
      return
    }
    this.#words = batch.words
    delivery.copies = 0
    delivery.copied = 0
    for (let i = from; i < from + count; i++) this.#frame(batch.words, i * FRAME_WORDS)
    if (this.lro.on) this.lro.flush()
    const work = this.#interrupt()
    if (delivery.copies === 0) return
    counters.add(this.#copies, delivery.copies)
    cost.charge('copyCall', delivery.copies)
    cost.charge('copyByte', delivery.copied)
    cost.charge('emulatedDescriptor', work)
  }

  #frame(words: Int32Array, record: number): void {
    const { bus, filter, queues, counters } = this.#parts
    const { steering, delivery, lro } = this
    const layers = this.#layers
    const at = words[record + Frame.address]
    const length = words[record + Frame.length]
    if (length < ethernet.HEADER_BYTES) {
      queues[0].stats.add(RxStat.errors, 1)
      return
    }
    const tci = frameTci(bus.u8, words, record)
    const kind = filter.accept(bus.u8, at, tci)
    if (kind <= Filtered.unicast) {
      counters.add(this.#filtered[-1 - kind], 1)
      return
    }
    const parsed = parseLayers(bus.u8, at, length, layers)
    steering.steer(bus.u8, at, layers, parsed)
    if (lro.on && parsed && lro.take(words, record, layers, tci, kind, steering)) return
    delivery.frame(words, record, layers, parsed, tci, kind, steering)
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

import type { Counters } from '@npa/core'
import { Event, RssType, RxComp, RxStat } from '@npa/vmxnet3-spec'
import { Frame } from '@npa/wire'
import type { Bus } from './bus.js'
import type { ChipMemory } from './chip-memory.js'
import type { LroFlow } from './lro-flow.js'
import { checksumBits, NOT_CALCULATED } from './rx-checksum.js'
import { RxLayout } from './rx-layout.js'
import { MAX_BUFFERS, Placed } from './rx-queue.js'
import type { RxDetails, RxQueue } from './rx-queue.js'
import type { RxSteering } from './rx-steering.js'

/** What the delivery works with. */
export interface RxDeliveryParts {
  readonly bus: Bus
  readonly chip: ChipMemory
  readonly counters: Counters
  readonly queues: readonly RxQueue[]
  readonly raiseEvent: (events: number) => void
}

const NORMAL = RxComp.typeNormal << RxComp.typeShift
const COALESCED = RxComp.typeLro << RxComp.typeShift

/** Puts frames, one by one or a flow's segments as one, into the buffers of a queue, with all that their completions tell; or counts them. */
export class RxDelivery {
  /** By uptFeatures: tell checksums, take tags out. */
  tellChecksums = false
  stripTags = false
  /** By the revision that the driver chose: tell how many segments a packet has, instead of their hash. */
  tellSegments = false
  /** Copies made and bytes copied, for whoever charges for them and sets them back. */
  copies = 0
  copied = 0
  /** Most buffers of a packet of several segments. */
  #mostBuffers = MAX_BUFFERS
  readonly #parts: RxDeliveryParts
  readonly #layout: RxLayout
  readonly #notReady: number
  readonly #details: RxDetails = { all0: 0, all1: 0, all3: 0, last0: 0, last2: 0, last3: 0 }

  constructor(parts: RxDeliveryParts) {
    this.#parts = parts
    this.#layout = new RxLayout(parts.bus.u8, parts.chip)
    this.#notReady = parts.counters.slot('rxNotReady')
  }

  /** The driver takes packets of at most so many buffers; 0: it does not say. */
  limitBuffers(most: number): void {
    this.#mostBuffers = most === 0 ? MAX_BUFFERS : Math.min(most, MAX_BUFFERS)
  }

  /** Delivers one frame of a kind to the queue that it is steered to; its layers are parsed, if `parsed`. */
  frame(
    words: Int32Array,
    record: number,
    layers: Int32Array,
    parsed: boolean,
    tci: number,
    kind: number,
    steering: RxSteering,
  ): void {
    const { u8 } = this.#parts.bus
    const layout = this.#layout
    layout.lay(words, record, tci, this.stripTags)
    const flags = words[record + Frame.flags]
    const sums =
      this.tellChecksums && parsed
        ? checksumBits(u8, words[record + Frame.address], layers, flags, layout.completed)
        : NOT_CALCULATED
    this.#one(steering.queue, kind, steering.type, steering.hash, sums)
  }

  /** Delivers a flow's segments as one packet; when there are no buffers for that, one by one. */
  flow(words: Int32Array, flow: LroFlow): void {
    const { chip, queues } = this.#parts
    const queue = queues[flow.queue]
    const { segments, mss } = flow
    if (segments > 1 && !queue.status.stopped) {
      const layout = this.#layout
      flow.writeHeader(chip.lroHeader)
      layout.layFlow(flow, chip.lroHeader, this.stripTags)
      const details = this.#detail(flow.rssType, flow.hash, flow.checksumBits)
      if (this.tellSegments) {
        details.all0 = 0
        details.all1 = segments
        details.all3 = COALESCED | mss
      }
      const placed = queue.place(layout, this.#mostBuffers, details)
      if (placed === Placed.ok) {
        const headers = layout.bytes - flow.bytes
        queue.stats.frames(flow.kind, segments, segments * headers + flow.bytes)
        queue.stats.coalesced(layout.bytes)
        this.#count()
        return
      }
      if (placed !== Placed.noBuffer && placed !== Placed.tooManyBuffers) {
        this.#drop(queue, placed, segments)
        return
      }
    }
    for (let n = 0; n < segments; n++) {
      this.#layout.lay(words, flow.records[n], flow.tci, this.stripTags)
      this.#one(flow.queue, flow.kind, flow.rssType, flow.hash, flow.checksumBits)
    }
  }

  /** Delivers the frame that is laid out. */
  #one(q: number, kind: number, rssType: number, hash: number, sums: number): void {
    const { queues, counters } = this.#parts
    const queue = queues[q]
    if (queue.status.stopped) {
      counters.add(this.#notReady, 1)
      return
    }
    const placed = queue.place(this.#layout, MAX_BUFFERS, this.#detail(rssType, hash, sums))
    if (placed !== Placed.ok) {
      this.#drop(queue, placed, 1)
      return
    }
    queue.stats.frames(kind, 1, this.#layout.bytes)
    this.#count()
  }

  #count(): void {
    this.copies++
    this.copied += this.#layout.bytes
  }

  #detail(rssType: number, hash: number, sums: number): RxDetails {
    const details = this.#details
    const { stripped } = this.#layout
    const cnc = sums === NOT_CALCULATED
    details.all0 = rssType << RxComp.rssTypeShift
    details.all1 = rssType === RssType.none ? 0 : hash
    details.all3 = NORMAL
    details.last0 = cnc ? RxComp.cnc : 0
    details.last2 = stripped < 0 ? 0 : RxComp.ts | (stripped << RxComp.tciShift)
    details.last3 = cnc ? RxComp.fcs : RxComp.fcs | sums
    return details
  }

  #drop(queue: RxQueue, why: number, frames: number): void {
    if (why === Placed.noBuffer) {
      queue.stats.add(RxStat.outOfBuffers, frames)
      return
    }
    queue.stats.add(RxStat.errors, frames)
    if (why === Placed.tooManyBuffers) return
    queue.status.fail(why)
    this.#parts.raiseEvent(Event.rxQueueError)
  }
}

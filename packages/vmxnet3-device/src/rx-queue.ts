import type { Counters } from '@npa/core'
import { QueueError, RxComp, RxDesc, RxQueue as Entry } from '@npa/vmxnet3-spec'
import type { Bus } from './bus.js'
import { RX_BURST } from './chip-memory.js'
import { CompletionRing } from './completion-ring.js'
import { QueueStatus } from './queue-status.js'
import type { RxLayout } from './rx-layout.js'
import { RxRing } from './rx-ring.js'
import { RX_STAT_NAMES, UptStats } from './upt-stats.js'

/** Most buffers of one packet; a driver's receive path is built for no more (Linux: 17 fragments). */
export const MAX_BUFFERS = 16
/** Least bytes of a head buffer (sheet, section 8). */
const MIN_HEAD_BYTES = 128

/** Most body buffers passed over for one frame: work for a frame that is dropped has a bound, too. */
const MAX_SKIPPED = 32

/** Outcomes of `RxQueue.place`; other values are codes for `status.error`. */
export const Placed = { ok: 0, noBuffer: 1, tooManyBuffers: 2 } as const

/** What the completions of a packet say beside where it lies: all of them, and the last one, where drivers look for checksums and tag. */
export interface RxDetails {
  all0: number
  all1: number
  all3: number
  last0: number
  last2: number
  last3: number
}

/** One receive queue: its two rings, completions, status and statistics. */
export class RxQueue {
  readonly ring1: RxRing
  readonly ring2: RxRing
  readonly completions: CompletionRing
  readonly stats: UptStats
  readonly status: QueueStatus
  interrupt = 0
  /** A completion was written since the interrupt. */
  completed = false
  /** Descriptors used and completions written, for whoever charges for them and sets it back. */
  work = 0
  /** Ids of the two rings in completions, already in place. */
  #ring1Id = 0
  #ring2Id = 0
  readonly #bus: Bus
  /** The buffers picked for a frame. */
  readonly #lo = new Int32Array(MAX_BUFFERS)
  readonly #hi = new Int32Array(MAX_BUFFERS)
  readonly #length = new Int32Array(MAX_BUFFERS)
  readonly #from = new Int32Array(MAX_BUFFERS)
  #picked1 = 0
  #picked2 = 0

  /** `window` is the place of twice `RX_BURST` descriptors; `scratch`: see `CompletionRing`. */
  constructor(bus: Bus, window: number, scratch: number, counters: Counters) {
    this.#bus = bus
    this.ring1 = new RxRing(bus, window)
    this.ring2 = new RxRing(bus, window + RX_BURST * 16)
    this.completions = new CompletionRing(bus, scratch)
    this.stats = new UptStats(counters, RX_STAT_NAMES)
    this.status = new QueueStatus(bus, Entry.stopped, Entry.error)
  }

  /** Queue `q` of `queues`: completions name ring 1 by q and ring 2 by q + queues. */
  identify(q: number, queues: number): void {
    this.#ring1Id = q << RxComp.queueShift
    this.#ring2Id = (q + queues) << RxComp.queueShift
  }

  /** Puts a packet into at most `most` buffers and writes its completions. When no `Placed.ok` is the result no buffer is used up. */
  place(layout: RxLayout, most: number, details: RxDetails): number {
    const buffers = this.#pick(layout.bytes, most)
    if (buffers < 0) return -buffers
    if (!this.#fill(layout, buffers)) return QueueError.invalid
    let left = layout.bytes
    for (let i = 0; i < buffers; i++) {
      const bytes = Math.min(left, this.#length[i])
      left -= bytes
      const last = i === buffers - 1
      const { all0, all1, all3 } = details
      const w0 = this.#from[i] | all0 | (i === 0 ? RxComp.sop : 0) | (last ? RxComp.eop | details.last0 : 0)
      this.completions.post(w0, all1, bytes | (last ? details.last2 : 0), all3 | (last ? details.last3 : 0))
    }
    this.ring1.advance(this.#picked1)
    this.ring2.advance(this.#picked2)
    this.completed = true
    this.work += 2 * buffers
    return Placed.ok
  }

  /** Finds buffers for so many bytes: their number, or the negative of an outcome. */
  #pick(bytes: number, most: number): number {
    const { ring1, ring2 } = this
    const { i32 } = this.#bus
    this.#picked1 = 0
    this.#picked2 = 0
    // Body buffers that no earlier frame needed: the frame starts at the next head, the driver finds the gap by its index.
    let skipped = 0
    while (ring1.posted(0) && (i32[ring1.word(0) + 2] & RxDesc.body) !== 0) {
      ring1.advance(1)
      if (++skipped === MAX_SKIPPED) return -Placed.noBuffer
    }
    if (!ring1.posted(0)) return -Placed.noBuffer
    let left = bytes - this.#note(0, ring1)
    if (this.#length[0] < MIN_HEAD_BYTES) return -QueueError.bufferTooSmall
    let n = 1
    while (left > 0) {
      if (n === most) return -Placed.tooManyBuffers
      if (this.#isBody(ring1, this.#picked1)) left -= this.#note(n, ring1)
      else if (this.#isBody(ring2, this.#picked2)) left -= this.#note(n, ring2)
      else return -Placed.noBuffer
      if (this.#length[n] === 0) return -QueueError.bufferTooSmall
      n++
    }
    return n
  }

  #isBody(ring: RxRing, k: number): boolean {
    return ring.posted(k) && (this.#bus.i32[ring.word(k) + 2] & RxDesc.body) !== 0
  }

  /** Notes the next descriptor of a ring as buffer `n`; returns its bytes. */
  #note(n: number, ring: RxRing): number {
    const first = ring === this.ring1
    const k = first ? this.#picked1++ : this.#picked2++
    const word = ring.word(k)
    const { i32 } = this.#bus
    this.#lo[n] = i32[word]
    this.#hi[n] = i32[word + 1]
    this.#length[n] = i32[word + 2] & RxDesc.lengthMask
    this.#from[n] = ring.index(k) | (first ? this.#ring1Id : this.#ring2Id)
    return this.#length[n]
  }

  /** Copies the frame's pieces into the buffers; false when one is not the guest's memory. */
  #fill(layout: RxLayout, buffers: number): boolean {
    const { dma } = this.#bus
    let piece = 0
    let offset = 0
    for (let n = 0; n < buffers; n++) {
      const lo = this.#lo[n] >>> 0
      const hi = this.#hi[n] >>> 0
      let at = 0
      while (at < this.#length[n] && piece < layout.pieces) {
        const bytes = Math.min(this.#length[n] - at, layout.length[piece] - offset)
        const low = lo + at
        const high = low > 0xffffffff ? hi + 1 : hi
        if (!dma.write(layout.at[piece] + offset, bytes, low >>> 0, high)) return false
        at += bytes
        offset += bytes
        if (offset === layout.length[piece]) {
          offset = 0
          piece++
        }
      }
    }
    return true
  }
}

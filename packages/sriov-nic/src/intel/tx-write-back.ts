import type { Clock, StateIo } from '@npa/core'
import type { Arena } from '@npa/memory'
import { Deadlines } from '../engine/deadlines.js'
import { DESCRIPTOR_BYTES, TxInfo } from './descriptors.js'
import type { QueueColumns } from '../engine/queue-columns.js'
import type { TxHost } from './tx-host.js'

/** Descriptors of one write. */
const RUN = 32

/**
 * Reports completed transmit descriptors (82599, 7.2.3.5): those that ask for it, at once; or, with a threshold, all of them in bursts of
 * as many, and what is left when the queue's interrupt is due; or the head to where software wants it.
 */
export class TxWriteBack {
  /** TDWBAL and TDWBAH of each queue: bit 0 of the low word turns head write-back on. */
  readonly head: Uint32Array
  /** TXDCTL.WTHRESH of each queue. */
  readonly threshold: Uint8Array
  /** Descriptors completed and not written back, by queue; only with a threshold. */
  readonly pending: Int32Array
  readonly #i32: Int32Array
  readonly #queues: QueueColumns
  readonly #host: TxHost
  readonly #clock: Clock
  readonly #expiry: Deadlines
  /** Word index in the arena of the word from which heads are written, and of done descriptors, all alike. */
  readonly #scratch: number
  readonly #done: number

  constructor(arena: Arena, clock: Clock, name: string, queues: QueueColumns, host: TxHost) {
    this.#i32 = arena.i32
    this.#queues = queues
    this.#host = host
    this.#clock = clock
    const count = queues.head.length
    this.head = new Uint32Array(count * 2)
    this.threshold = new Uint8Array(count)
    this.pending = new Int32Array(count)
    this.#expiry = new Deadlines(clock, `${name}.writeBack`, count, (q) => this.flush(q))
    this.#scratch = arena.allocate(DESCRIPTOR_BYTES) >> 2
    this.#done = arena.allocate(RUN * DESCRIPTOR_BYTES) >> 2
    for (let i = 0; i < RUN; i++) this.#i32[this.#done + i * 4 + 3] = TxInfo.done
  }

  /** Completes the oldest `count` descriptors, of which the last may ask for a report. False when a write was refused. */
  complete(q: number, count: number, report: boolean): boolean {
    const queues = this.#queues
    queues.complete(q, count)
    if ((this.head[q * 2] & 1) !== 0) return !report || this.#told(q, this.#writeHead(q))
    if (this.threshold[q] === 0) return !report || this.#told(q, this.#writeDone(q, 1))
    this.pending[q] += count
    if (this.pending[q] >= this.threshold[q]) return this.#flush(q)
    if (!this.#expiry.has(q)) this.#expiry.set(q, Math.max(this.#host.interruptDue(q), this.#clock.nowNs()))
    return true
  }

  /** Writes back what waits for its threshold; a refused write stops the queue. */
  flush(q: number): void {
    if (this.pending[q] > 0 && !this.#flush(q)) this.#host.writeRefused(q)
  }

  /** What waits is never written. */
  forget(q: number): void {
    this.pending[q] = 0
    this.#expiry.cancel(q)
  }

  /** What waits; thresholds and where heads go are in registers. */
  walkState(io: StateIo): void {
    io.column('pending', this.pending, 0, 0xffff)
    const { head, size } = this.#queues
    io.consistent(
      'pending',
      this.pending.every((count, q) => count === 0 || head[q] < size[q]),
    )
    this.#expiry.walkState(io)
  }

  #flush(q: number): boolean {
    const count = this.pending[q]
    this.forget(q)
    return this.#told(q, this.#writeDone(q, count))
  }

  #told(q: number, written: boolean): boolean {
    if (written) this.#host.completed(q)
    return written
  }

  /** Marks the `count` descriptors before the head done, a run that is contiguous at a time. */
  #writeDone(q: number, count: number): boolean {
    const queues = this.#queues
    const dma = this.#host.dma(q)
    if (dma === undefined) return false
    // A ring that software has made smaller than what waits for its threshold makes no sense.
    for (let left = Math.min(count, queues.size[q]); left > 0;) {
      const back = queues.head[q] - left
      const index = back < 0 ? back + queues.size[q] : back
      const run = Math.min(left, RUN, queues.size[q] - index)
      const lo = queues.baseLo[q] + index * DESCRIPTOR_BYTES
      const hi = queues.baseHi[q] + (lo > 0xffffffff ? 1 : 0)
      if (!dma.write(this.#done << 2, run * DESCRIPTOR_BYTES, lo >>> 0, hi >>> 0)) return false
      left -= run
    }
    return true
  }

  #writeHead(q: number): boolean {
    const dma = this.#host.dma(q)
    this.#i32[this.#scratch] = this.#queues.head[q]
    return dma?.write(this.#scratch << 2, 4, (this.head[q * 2] & ~3) >>> 0, this.head[q * 2 + 1]) === true
  }
}

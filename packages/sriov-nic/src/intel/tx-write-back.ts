import type { Arena } from '@npa/memory'
import { DESCRIPTOR_BYTES, TxInfo } from './descriptors.js'
import type { QueueColumns } from './queue-columns.js'
import type { TxHost } from './tx-host.js'

/** Reports completed transmit descriptors: DD into the descriptor, or the head to where software wants it (82599, 7.2.3.5). */
export class TxWriteBack {
  /** TDWBAL and TDWBAH of each queue: bit 0 of the low word turns head write-back on. */
  readonly head: Uint32Array
  readonly #i32: Int32Array
  readonly #queues: QueueColumns
  readonly #host: TxHost
  /** Word index in the arena of the four words from which completions are written. */
  readonly #scratch: number

  constructor(arena: Arena, queues: QueueColumns, host: TxHost) {
    this.#i32 = arena.i32
    this.#queues = queues
    this.#host = host
    this.head = new Uint32Array(queues.head.length * 2)
    this.#scratch = arena.allocate(DESCRIPTOR_BYTES) >> 2
  }

  /** Completes the oldest `count` descriptors and, if asked, reports the last of them. False when the write was refused. */
  complete(q: number, count: number, report: boolean): boolean {
    const queues = this.#queues
    const last = queues.head[q] + count - 1
    queues.complete(q, count)
    if (!report) return true
    if (!this.#write(q, last >= queues.size[q] ? last - queues.size[q] : last)) return false
    this.#host.completed(q)
    return true
  }

  #write(q: number, index: number): boolean {
    const dma = this.#host.dma(q)
    if (dma === undefined) return false
    const i32 = this.#i32
    const at = this.#scratch
    const headLo = this.head[q * 2]
    if ((headLo & 1) !== 0) {
      i32[at] = this.#queues.head[q]
      return dma.write(at << 2, 4, (headLo & ~3) >>> 0, this.head[q * 2 + 1])
    }
    i32[at] = 0
    i32[at + 1] = 0
    i32[at + 2] = 0
    i32[at + 3] = TxInfo.done
    const lo = this.#queues.baseLo[q] + index * DESCRIPTOR_BYTES
    const hi = this.#queues.baseHi[q] + (lo > 0xffffffff ? 1 : 0)
    return dma.write(at << 2, DESCRIPTOR_BYTES, lo >>> 0, hi)
  }
}

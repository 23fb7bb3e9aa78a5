import type { Arena, Dma } from '@npa/memory'
import { TxCmd } from './descriptors.js'
import type { Fetcher } from '../engine/fetcher.js'
import type { QueueColumns } from '../engine/queue-columns.js'
import { TxFault } from './tx-host.js'

/** What `TxData.span` answers besides a count or the negative of a `TxFault`, of which `ended` is none. */
export const Span = { more: 0, ended: -0x80000000 } as const

/** The buffers of a queue's fetched descriptors as one run of bytes, beginning with the oldest. */
export class TxData {
  readonly #i32: Int32Array
  readonly #queues: QueueColumns
  readonly #fetcher: Fetcher

  constructor(arena: Arena, queues: QueueColumns, fetcher: Fetcher) {
    this.#i32 = arena.i32
    this.#queues = queues
    this.#fetcher = fetcher
  }

  /** Index in the arena's words of the descriptor `behind` places after the queue's oldest. */
  word(q: number, behind: number): number {
    return this.#fetcher.word(q, behind)
  }

  length(q: number, behind: number): number {
    return this.#i32[this.#fetcher.word(q, behind) + 2] & TxCmd.lengthMask
  }

  /**
   * Descriptors that the first `bytes` bytes reach into, at least one; or a `Span`: `more` when they have not all arrived, `ended` when
   * the packet ends before; or the negative of a `TxFault`.
   */
  span(q: number, bytes: number): number {
    const i32 = this.#i32
    const arrived = this.#queues.arrived[q]
    let covered = 0
    for (let n = 0; n < arrived; n++) {
      const cmd = i32[this.#fetcher.word(q, n) + 2]
      const type = (cmd & TxCmd.dext) === 0 ? TxCmd.data : (cmd >>> TxCmd.typeShift) & TxCmd.typeMask
      if (type === TxCmd.context) return -TxFault.contextInPacket
      if (type !== TxCmd.data) return -TxFault.descriptorType
      if ((cmd & TxCmd.lengthMask) === 0) return -TxFault.zeroLength
      covered += cmd & TxCmd.lengthMask
      if (covered >= bytes) return n + 1
      if ((cmd & TxCmd.eop) !== 0) return Span.ended
    }
    return Span.more
  }

  /** Moves `bytes` bytes, from the run's byte `from` on, to the chip. False when a transfer was refused. */
  read(q: number, dma: Dma, from: number, bytes: number, to: number): boolean {
    const i32 = this.#i32
    let skip = from
    let done = 0
    for (let n = 0; done < bytes; n++) {
      const word = this.#fetcher.word(q, n)
      const length = i32[word + 2] & TxCmd.lengthMask
      if (skip >= length) {
        skip -= length
        continue
      }
      const piece = Math.min(length - skip, bytes - done)
      const lo = (i32[word] >>> 0) + skip
      const hi = lo > 0xffffffff ? i32[word + 1] + 1 : i32[word + 1]
      if (!dma.read(lo >>> 0, hi >>> 0, piece, to + done)) return false
      done += piece
      skip = 0
    }
    return true
  }
}

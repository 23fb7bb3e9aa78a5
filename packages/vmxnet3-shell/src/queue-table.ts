import type { DmaBlock } from '@npa/core'
import { Queue, State } from '@npa/plugin-api/guest'
import { QUEUE_ENTRY_BYTES, RxQueue, RxStat, TxQueue, TxStat } from '@npa/vmxnet3-spec'
import { bodyRingSize, rxBodyOffset, rxCompOffset, rxCompSize, txCompOffset } from './software-rings.js'

/** Bytes of the counters of a queue. */
const STATS_BYTES = 80

/** The queue table (vmxnet3.md §5): all transmit queues, then all receive queues. */
export class QueueTable {
  readonly #block: DmaBlock
  readonly #queuePairs: number

  constructor(block: DmaBlock, queuePairs: number) {
    this.#block = block
    this.#queuePairs = queuePairs
  }

  /** Enters the rings of a software plugin's window. */
  enter(window: Int32Array): void {
    const { i32, u8 } = this.#block
    this.#block.u8.fill(0)
    for (let queue = 0; queue < this.#queuePairs; queue++) {
      const txRecord = State.txQueue + queue * Queue.words
      const txSize = window[txRecord + Queue.ringSize]
      const tx = this.#txEntry(queue)
      this.#address(tx + TxQueue.ringAddress, window, txRecord, 0)
      this.#address(tx + TxQueue.compRingAddress, window, txRecord, txCompOffset(txSize))
      i32[(tx + TxQueue.ringSize) >> 2] = txSize
      i32[(tx + TxQueue.compRingSize) >> 2] = txSize
      u8[tx + TxQueue.interrupt] = window[txRecord + Queue.interrupt]

      const rxRecord = State.rxQueue + queue * Queue.words
      const rxSize = window[rxRecord + Queue.ringSize]
      const rx = this.#rxEntry(queue)
      this.#address(rx + RxQueue.ringAddress, window, rxRecord, 0)
      this.#address(rx + RxQueue.ringAddress + 8, window, rxRecord, rxBodyOffset(rxSize))
      this.#address(rx + RxQueue.compRingAddress, window, rxRecord, rxCompOffset(rxSize))
      i32[(rx + RxQueue.ringSize) >> 2] = rxSize
      i32[(rx + RxQueue.ringSize + 4) >> 2] = bodyRingSize(rxSize)
      i32[(rx + RxQueue.compRingSize) >> 2] = rxCompSize(rxSize)
      u8[rx + RxQueue.interrupt] = window[rxRecord + Queue.interrupt]
    }
    this.#block.syncForDevice(0, this.#block.bytes)
  }

  /** The first error that a queue shows after GET_QUEUE_STATUS, in words; undefined when none does. */
  error(): string | undefined {
    for (let queue = 0; queue < this.#queuePairs; queue++) {
      for (const [kind, entry] of [
        ['transmit', this.#txEntry(queue)],
        ['receive', this.#rxEntry(queue)],
      ] as const) {
        this.#block.syncForCpu(entry + TxQueue.stopped, 8)
        const error = this.#block.i32[(entry + TxQueue.error) >> 2] >>> 0
        if (error !== 0) return `${kind} queue ${queue}: error 0x${error.toString(16)}`
      }
    }
    return undefined
  }

  /** The device's counters after GET_STATS, summed over the queues, under the names of `TxStat` and `RxStat`. */
  statistics(): Record<string, number> {
    const sums: Record<string, number> = {}
    for (let queue = 0; queue < this.#queuePairs; queue++) {
      this.#sum(sums, 'device.tx.', TxStat, this.#txEntry(queue) + TxQueue.stats)
      this.#sum(sums, 'device.rx.', RxStat, this.#rxEntry(queue) + RxQueue.stats)
    }
    return sums
  }

  #sum(sums: Record<string, number>, prefix: string, names: Readonly<Record<string, number>>, at: number): void {
    this.#block.syncForCpu(at, STATS_BYTES)
    for (const [name, index] of Object.entries(names)) {
      const word = (at >> 2) + index * 2
      const value = (this.#block.i32[word] >>> 0) + (this.#block.i32[word + 1] >>> 0) * 0x100000000
      sums[prefix + name] = (sums[prefix + name] ?? 0) + value
    }
  }

  #txEntry(queue: number): number {
    return queue * QUEUE_ENTRY_BYTES
  }

  #rxEntry(queue: number): number {
    return (this.#queuePairs + queue) * QUEUE_ENTRY_BYTES
  }

  /** Bus address of a byte of the ring memory that a queue record describes. */
  #address(at: number, window: Int32Array, record: number, offset: number): void {
    const low = (window[record + Queue.ringLo] >>> 0) + offset
    this.#block.i32[at >> 2] = low | 0
    this.#block.i32[(at >> 2) + 1] = window[record + Queue.ringHi] + (low > 0xffffffff ? 1 : 0)
  }
}

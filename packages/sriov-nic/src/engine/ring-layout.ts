import type { QueueColumns } from './queue-columns.js'

/** How the elements of rings lie in bus memory: in one piece, or in pages with links between them. */
export interface RingLayout {
  /** Bytes of an element, a multiple of 4. */
  readonly bytes: number
  /** Elements that software has handed over and the chip has not fetched; -1 when the indices make no sense. */
  unfetched(q: number): number
  /** Elements from `index` on that follow each other in memory, at least one. */
  run(q: number, index: number): number
  /** The index behind `count` elements of one run. */
  after(q: number, index: number, count: number): number
  /** Finds an element: its bus address is then in `lo` and `hi`. */
  locate(q: number, index: number): void
  readonly lo: number
  readonly hi: number
}

/** Rings in one piece: base, and as many elements as `size` says. */
export class ContiguousRings implements RingLayout {
  readonly bytes: number
  readonly #queues: QueueColumns
  lo = 0
  hi = 0

  constructor(queues: QueueColumns, bytes: number) {
    this.#queues = queues
    this.bytes = bytes
  }

  unfetched(q: number): number {
    return this.#queues.unfetched(q)
  }

  run(q: number, index: number): number {
    return this.#queues.size[q] - index
  }

  after(q: number, index: number, count: number): number {
    return index + count === this.#queues.size[q] ? 0 : index + count
  }

  locate(q: number, index: number): void {
    const lo = this.#queues.baseLo[q] + index * this.bytes
    this.lo = lo >>> 0
    this.hi = this.#queues.baseHi[q] + (lo > 0xffffffff ? 1 : 0)
  }
}

import type { StateIo } from '@npa/core'

/** Life of a queue. Enabling and disabling take effect from the scheduler, not inside the register write. */
export const QueueState = { off: 0, starting: 1, on: 2, stopping: 3 } as const

/** Descriptors that the on-chip memory of one queue holds. A power of two, so that places wrap with a mask. */
export const CACHE = 64

/** Highest index that a head or tail register holds, and length of a ring. */
const INDICES = 0xffff

/** What transmit and receive queues have in common, one column for each property, by queue. */
export class QueueColumns {
  readonly state: Int32Array
  /** A malformed descriptor or a refused transfer stopped the queue; it stays so until it is disabled. */
  readonly faulted: Uint8Array
  readonly baseLo: Uint32Array
  readonly baseHi: Uint32Array
  /** Descriptors in the ring. */
  readonly size: Int32Array
  /** First descriptor that is not completed: what the head register shows. */
  readonly head: Int32Array
  /** First descriptor that belongs to software. */
  readonly tail: Int32Array
  /** First descriptor not yet fetched. */
  readonly fetch: Int32Array
  /** Place in on-chip memory of the descriptor at `head`. */
  readonly place: Int32Array
  /** Descriptors fetched and not completed. */
  readonly cached: Int32Array
  /** Of these, those whose transfer has arrived. */
  readonly arrived: Int32Array
  /** When the transfer under way arrives, ns; `Infinity` when there is none. */
  readonly arrivesNs: Float64Array

  constructor(queues: number) {
    const column = (): Int32Array => new Int32Array(queues)
    this.state = column()
    this.faulted = new Uint8Array(queues)
    this.baseLo = new Uint32Array(queues)
    this.baseHi = new Uint32Array(queues)
    this.size = column()
    this.head = column()
    this.tail = column()
    this.fetch = column()
    this.place = column()
    this.cached = column()
    this.arrived = column()
    this.arrivesNs = new Float64Array(queues).fill(Infinity)
  }

  /** All columns. What was fetched is what stands in the ring from the head on, of a queue that is on. */
  walkState(io: StateIo): void {
    io.column('state', this.state, QueueState.off, QueueState.stopping)
    io.column('faulted', this.faulted, 0, 1)
    io.column('baseLo', this.baseLo, 0, 0xffffffff)
    io.column('baseHi', this.baseHi, 0, 0xffffffff)
    io.column('size', this.size, 0, INDICES)
    io.column('head', this.head, 0, INDICES)
    io.column('tail', this.tail, 0, INDICES)
    io.column('fetch', this.fetch, 0, INDICES)
    io.column('place', this.place, 0, CACHE - 1)
    io.column('cached', this.cached, 0, CACHE)
    io.column('arrived', this.arrived, 0, CACHE)
    io.column('arrivesNs', this.arrivesNs, 0, Number.MAX_SAFE_INTEGER, Infinity)
    for (let q = 0; io.restoring && q < this.head.length; q++) {
      io.consistent('arrived', this.arrived[q] <= this.cached[q])
      if (this.cached[q] === 0) {
        io.consistent('fetch', this.fetch[q] === this.head[q])
        continue
      }
      io.consistent('cached', this.state[q] >= QueueState.on && this.faulted[q] === 0)
      io.consistent('head', this.head[q] < this.size[q])
      io.consistent('fetch', this.fetch[q] === (this.head[q] + this.cached[q]) % this.size[q])
    }
  }

  /** Forgets what was fetched: the next fetch begins at the head. */
  forget(q: number): void {
    this.fetch[q] = this.head[q]
    this.place[q] = 0
    this.cached[q] = 0
    this.arrived[q] = 0
    this.arrivesNs[q] = Infinity
  }

  /** Descriptors that software has handed over and the chip has not fetched; -1 when the indices make no sense. */
  unfetched(q: number): number {
    const size = this.size[q]
    const left = this.tail[q] - this.fetch[q]
    if (this.tail[q] >= size || this.fetch[q] >= size) return left === 0 ? 0 : -1
    return left < 0 ? left + size : left
  }

  /** The oldest `count` descriptors are completed. */
  complete(q: number, count: number): void {
    const head = this.head[q] + count
    // Software that moves the tail backwards can have more fetched than the ring has descriptors.
    this.head[q] = head >= this.size[q] ? head % this.size[q] : head
    this.place[q] = (this.place[q] + count) & (CACHE - 1)
    this.cached[q] -= count
    this.arrived[q] -= count
  }
}

import type { Clock, StateIo, Timer } from '@npa/core'
import type { Arena, Dma } from '@npa/memory'
import { IdQueue } from './id-queue.js'
import { CACHE } from './queue-columns.js'
import type { QueueColumns } from './queue-columns.js'
import type { RingLayout } from './ring-layout.js'

/** Outcome of `Fetcher.start`. */
export const Fetch = { nothing: 0, started: 1, badIndex: 2, refused: 3 } as const

/**
 * Moves descriptors from rings in bus memory to the chip, in bursts and never beyond the tail. A burst is read at once and
 * counts as arrived one PCIe round trip later: the model's only latency. What a descriptor is, and how a ring lies in memory, is the
 * layout's.
 */
export class Fetcher {
  readonly #queues: QueueColumns
  readonly #rings: RingLayout
  readonly #clock: Clock
  readonly #latencyNs: number
  readonly #timer: Timer
  readonly #i32: Int32Array
  readonly #at: number
  readonly #words: number
  /** Queues with a burst under way, in order of arrival. */
  readonly #flying: IdQueue

  /** `arrived` is called when a burst has. */
  constructor(
    arena: Arena,
    clock: Clock,
    name: string,
    queues: QueueColumns,
    rings: RingLayout,
    latencyNs: number,
    arrived: () => void,
  ) {
    this.#i32 = arena.i32
    this.#queues = queues
    this.#rings = rings
    this.#clock = clock
    this.#latencyNs = latencyNs
    this.#timer = clock.timer(name, arrived)
    this.#flying = new IdQueue(queues.head.length)
    this.#words = rings.bytes >> 2
    this.#at = arena.allocate(queues.head.length * CACHE * rings.bytes)
  }

  /** Index in the arena's words of the descriptor `behind` places after the queue's oldest. */
  word(q: number, behind: number): number {
    return (this.#at >> 2) + (q * CACHE + ((this.#queues.place[q] + behind) & (CACHE - 1))) * this.#words
  }

  /** Starts a burst of at most `most` descriptors unless one is under way. */
  start(q: number, dma: Dma | undefined, most: number): number {
    const queues = this.#queues
    const rings = this.#rings
    if (queues.arrivesNs[q] !== Infinity) return Fetch.nothing
    const unfetched = rings.unfetched(q)
    if (unfetched < 0) return Fetch.badIndex
    const want = Math.min(unfetched, most, CACHE - queues.cached[q])
    if (want <= 0) return Fetch.nothing
    for (let got = 0; got < want;) {
      const place = (queues.place[q] + queues.cached[q]) & (CACHE - 1)
      const index = queues.fetch[q]
      const run = Math.min(want - got, CACHE - place, rings.run(q, index))
      if (!this.#read(q, dma, index, run, place)) return Fetch.refused
      got += run
      queues.cached[q] += run
      queues.fetch[q] = rings.after(q, index, run)
    }
    queues.arrivesNs[q] = this.#clock.nowNs() + this.#latencyNs
    this.#flying.push(q)
    if (this.#flying.count === 1) this.#timer.arm(queues.arrivesNs[q])
    return Fetch.started
  }

  /** The next queue whose burst has arrived by now, or -1. */
  arrival(): number {
    const now = this.#clock.nowNs()
    for (;;) {
      const q = this.#flying.peek()
      if (q < 0) return -1
      // A queue that was reset meanwhile has no burst any more.
      const at = this.#queues.arrivesNs[q]
      if (at !== Infinity && at > now) {
        this.#timer.arm(at)
        return -1
      }
      this.#flying.shift()
      if (at === Infinity) continue
      this.#queues.arrivesNs[q] = Infinity
      this.#queues.arrived[q] = this.#queues.cached[q]
      return q
    }
  }

  /** Bursts under way, and the words of all descriptors on chip, a queue's oldest first. The columns are restored already. */
  walkState(io: StateIo): void {
    const { cached, arrivesNs } = this.#queues
    this.#flying.walkState(io, 'flying')
    io.consistent(
      'flying',
      arrivesNs.every((at, q) => at === Infinity || this.#flying.has(q)),
    )
    const places: number[] = []
    for (let q = 0; q < cached.length; q++) {
      for (let n = 0; n < cached[q]; n++) for (let i = 0; i < this.#words; i++) places.push(this.word(q, n) + i)
    }
    const now = places.map((at) => this.#i32[at])
    const words = io.integers('descriptors', now, places.length, -0x80000000, 0x7fffffff)
    io.consistent('descriptors', words.length === places.length)
    for (const [i, at] of places.entries()) this.#i32[at] = words[i]
  }

  #read(q: number, dma: Dma | undefined, index: number, run: number, place: number): boolean {
    if (dma === undefined) return false
    const rings = this.#rings
    rings.locate(q, index)
    return dma.read(rings.lo, rings.hi, run * rings.bytes, this.#at + (q * CACHE + place) * rings.bytes)
  }
}

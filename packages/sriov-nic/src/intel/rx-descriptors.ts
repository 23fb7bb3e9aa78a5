import type { StateIo } from '@npa/core'
import type { Fetcher } from '../engine/fetcher.js'
import { CACHE } from '../engine/queue-columns.js'
import type { QueueColumns } from '../engine/queue-columns.js'

/**
 * Receive descriptors on chip that have taken bytes and are not yet written back. They are written back in ring order; one that is held,
 * because more bytes may come, holds up those behind it. A descriptor is named by its slot in the queue's on-chip memory.
 */
export class RxDescriptors {
  /** Descriptors taken and not written back, by queue. */
  readonly taken: Int32Array
  /** Of these, those that are held, and which slots these are. */
  readonly #heldCount: Int32Array
  readonly #held: Uint8Array
  readonly #queues: QueueColumns
  readonly #fetcher: Fetcher

  constructor(queues: QueueColumns, fetcher: Fetcher) {
    this.#queues = queues
    this.#fetcher = fetcher
    this.taken = new Int32Array(queues.head.length)
    this.#heldCount = new Int32Array(queues.head.length)
    this.#held = new Uint8Array(queues.head.length * CACHE)
  }

  /** Descriptors that have arrived and taken nothing. */
  free(q: number): number {
    return this.#queues.arrived[q] - this.taken[q]
  }

  /** The next free one's slot. */
  take(q: number): number {
    return (this.#queues.place[q] + this.taken[q]++) & (CACHE - 1)
  }

  /** Index in the arena's words of a slot's descriptor. */
  word(q: number, slot: number): number {
    return this.#fetcher.word(q, slot - this.#queues.place[q])
  }

  /** A slot's index in the ring. */
  index(q: number, slot: number): number {
    const index = this.#queues.head[q] + ((slot - this.#queues.place[q]) & (CACHE - 1))
    return index >= this.#queues.size[q] ? index - this.#queues.size[q] : index
  }

  hold(q: number, slot: number): void {
    this.#held[q * CACHE + slot] = 1
    this.#heldCount[q]++
  }

  release(q: number, slot: number): void {
    this.#held[q * CACHE + slot] = 0
    this.#heldCount[q]--
  }

  /** Whether a slot's descriptor has taken bytes, and is not held yet. */
  mayHold(q: number, slot: number): boolean {
    return ((slot - this.#queues.place[q]) & (CACHE - 1)) < this.taken[q] && this.#held[q * CACHE + slot] === 0
  }

  /** How many have taken bytes; which are held is known to who holds them, and does so anew. */
  walkState(io: StateIo): void {
    io.column('taken', this.taken, 0, CACHE)
    io.consistent(
      'taken',
      this.taken.every((taken, q) => taken <= this.#queues.arrived[q]),
    )
    if (!io.restoring) return
    this.#held.fill(0)
    this.#heldCount.fill(0)
  }

  /** How many of the oldest can be written back. */
  ready(q: number): number {
    const taken = this.taken[q]
    if (this.#heldCount[q] === 0) return taken
    let n = 0
    while (this.#held[q * CACHE + ((this.#queues.place[q] + n) & (CACHE - 1))] === 0) n++
    return n
  }

  /** The oldest `count` are written back. */
  written(q: number, count: number): void {
    this.#queues.complete(q, count)
    this.taken[q] -= count
  }

  forget(q: number): void {
    this.taken[q] = 0
    if (this.#heldCount[q] === 0) return
    this.#heldCount[q] = 0
    this.#held.fill(0, q * CACHE, (q + 1) * CACHE)
  }
}

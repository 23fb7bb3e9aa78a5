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
  /** Frames whose last byte a queue has taken, and whose end is not written back. */
  readonly frames: Int32Array
  /** How many frames end with the descriptor of each slot: several when they are coalesced. */
  readonly #ends: Uint16Array
  /** Of these, those that are held, and which slots these are. */
  readonly #heldCount: Int32Array
  readonly #held: Uint8Array
  readonly #queues: QueueColumns
  readonly #fetcher: Fetcher

  constructor(queues: QueueColumns, fetcher: Fetcher) {
    this.#queues = queues
    this.#fetcher = fetcher
    this.taken = new Int32Array(queues.head.length)
    this.frames = new Int32Array(queues.head.length)
    this.#ends = new Uint16Array(queues.head.length * CACHE)
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

  /** What a slot's descriptor tells of when it is written back: the end of so many frames. */
  end(q: number, slot: number, frames: number): void {
    this.#ends[q * CACHE + slot] = frames
  }

  /** Whether a slot's descriptor has taken bytes, and is neither held yet nor the end of a frame. */
  mayHold(q: number, slot: number): boolean {
    const at = q * CACHE + slot
    return this.#isTaken(q, slot) && this.#held[at] === 0 && this.#ends[at] === 0
  }

  /** How many have taken bytes, and end frames; which are held is known to who holds them, and does so anew. */
  walkState(io: StateIo): void {
    io.column('taken', this.taken, 0, CACHE)
    io.consistent(
      'taken',
      this.taken.every((taken, q) => taken <= this.#queues.arrived[q]),
    )
    io.column('ends', this.#ends, 0, 0xffff)
    if (!io.restoring) return
    this.#held.fill(0)
    this.#heldCount.fill(0)
    this.frames.fill(0)
    for (const [at, frames] of this.#ends.entries()) {
      if (frames === 0) continue
      io.consistent('ends', this.#isTaken(Math.floor(at / CACHE), at % CACHE))
      this.frames[Math.floor(at / CACHE)] += frames
    }
  }

  /** How many of the oldest can be written back. */
  ready(q: number): number {
    const taken = this.taken[q]
    if (this.#heldCount[q] === 0) return taken
    let n = 0
    while (this.#held[q * CACHE + ((this.#queues.place[q] + n) & (CACHE - 1))] === 0) n++
    return n
  }

  /** The oldest `count` are written back. Returns how many frames end with them. */
  written(q: number, count: number): number {
    let frames = 0
    for (let n = 0; n < count; n++) {
      const at = q * CACHE + ((this.#queues.place[q] + n) & (CACHE - 1))
      frames += this.#ends[at]
      this.#ends[at] = 0
    }
    this.#queues.complete(q, count)
    this.taken[q] -= count
    this.frames[q] -= frames
    return frames
  }

  /** Drops them. Returns how many frames are lost with them. */
  forget(q: number): number {
    const lost = this.frames[q]
    this.taken[q] = 0
    this.frames[q] = 0
    if (lost > 0) this.#ends.fill(0, q * CACHE, (q + 1) * CACHE)
    this.#release(q)
    return lost
  }

  #isTaken(q: number, slot: number): boolean {
    return ((slot - this.#queues.place[q]) & (CACHE - 1)) < this.taken[q]
  }

  #release(q: number): void {
    if (this.#heldCount[q] === 0) return
    this.#heldCount[q] = 0
    this.#held.fill(0, q * CACHE, (q + 1) * CACHE)
  }
}

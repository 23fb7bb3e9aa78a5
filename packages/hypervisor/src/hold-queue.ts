import type { Arena } from '@npa/memory'
import { Frame, FRAME_WORDS, frameBatch } from '@npa/wire'
import type { FrameBatch } from '@npa/wire'

/** Bytes of one slot: the largest frame without segmentation offload, and its tag. */
const SLOT_BYTES = 2048

/**
 * Frames that arrive for a guest while neither path can take them. Bounded: the emulated receive ring must be able to take
 * all of it at once when the guest is back.
 */
export class HoldQueue {
  readonly #arena: Arena
  readonly #slots: number
  readonly #held: FrameBatch
  readonly #capacity: number

  constructor(arena: Arena, capacity: number) {
    this.#arena = arena
    this.#capacity = capacity
    this.#slots = arena.allocate(capacity * SLOT_BYTES)
    this.#held = frameBatch(capacity)
  }

  /** Frames in the queue; `frames` gives them, oldest first. */
  get length(): number {
    return this.#held.n
  }

  get frames(): FrameBatch {
    return this.#held
  }

  /** Copies a frame in; false when the queue is full or the frame too long. */
  push(batch: FrameBatch, index: number): boolean {
    const from = index * FRAME_WORDS
    const length = batch.words[from + Frame.length]
    if (this.#held.n === this.#capacity || length > SLOT_BYTES) return false
    const at = this.#slots + this.#held.n * SLOT_BYTES
    const to = this.#held.n * FRAME_WORDS
    const address = batch.words[from + Frame.address]
    this.#arena.copy(at, address, length)
    for (let word = 0; word < FRAME_WORDS; word++) this.#held.words[to + word] = batch.words[from + word]
    this.#held.words[to + Frame.address] = at
    this.#held.n++
    return true
  }

  clear(): void {
    this.#held.n = 0
  }

  /** Gives the memory back. */
  free(): void {
    this.#arena.free(this.#slots)
  }
}

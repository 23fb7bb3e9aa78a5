import { DESC_BYTES, DESC_WORDS, RxDesc } from '@npa/vmxnet3-spec'
import type { Bus } from './bus.js'
import { RX_BURST } from './chip-memory.js'

const GEN = RxDesc.gen | 0

/**
 * A receive ring, the device's side: descriptors belong to the device by their generation bit alone, since a driver that is not asked
 * to (`updateRxProd`) never writes the producer register. They are fetched in bursts.
 */
export class RxRing {
  readonly #bus: Bus
  readonly #window: number
  #base = -1
  #size = 0
  #next = 0
  #gen = GEN
  /** Descriptors in the window that the driver has posted, and those of them that are done with. */
  #have = 0
  #used = 0

  /** `window` is the place of `RX_BURST` descriptors in the device's memory. */
  constructor(bus: Bus, window: number) {
    this.#bus = bus
    this.#window = window
  }

  /** A ring of size 0 never has a buffer. */
  setup(base: number, size: number): void {
    this.#base = base
    this.#size = size
    this.#next = 0
    this.#gen = GEN
    this.#have = 0
    this.#used = 0
  }

  /** Whether the descriptor `k` behind the next one is posted; `k` is below `RX_BURST`. */
  posted(k: number): boolean {
    if (this.#used + k < this.#have) return true
    this.#fetch()
    return k < this.#have
  }

  /** Index in the arena's words of a posted descriptor. */
  word(k: number): number {
    return (this.#window >> 2) + (this.#used + k) * DESC_WORDS
  }

  /** Ring index of descriptor `k`. */
  index(k: number): number {
    const index = this.#next + k
    return index >= this.#size ? index - this.#size : index
  }

  /** Goes on behind `n` posted descriptors. */
  advance(n: number): void {
    this.#used += n
    this.#next += n
    if (this.#next < this.#size) return
    this.#next -= this.#size
    this.#gen ^= GEN
  }

  #fetch(): void {
    this.#used = 0
    this.#have = 0
    const count = Math.min(this.#size, RX_BURST)
    if (count === 0 || !this.#read(count)) return
    let valid = 0
    while (valid < count && this.#isPosted(valid)) valid++
    // A burst may pass the driver's stores: a body read after its generation bit was seen is whole.
    if (valid > 0 && this.#read(valid)) this.#have = valid
  }

  #isPosted(k: number): boolean {
    const gen = this.#next + k < this.#size ? this.#gen : this.#gen ^ GEN
    return (this.#bus.i32[this.word(k) + 2] & GEN) === gen
  }

  #read(count: number): boolean {
    const first = Math.min(count, this.#size - this.#next)
    return (
      this.#bus.read(this.#base + this.#next * DESC_BYTES, first * DESC_BYTES, this.#window) &&
      this.#bus.read(this.#base, (count - first) * DESC_BYTES, this.#window + first * DESC_BYTES)
    )
  }
}

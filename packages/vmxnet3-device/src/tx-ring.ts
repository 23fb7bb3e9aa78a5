import { DESC_BYTES, DESC_WORDS, MAX_TSO_DESCRIPTORS, MAX_TX_DESCRIPTORS, TxDesc, TxOffload } from '@npa/vmxnet3-spec'
import type { Bus } from './bus.js'
import { TX_BURST } from './chip-memory.js'

/** `TxRing.frame` for a chain of as many descriptors as there may be, without an end. */
export const NO_END = -1

/**
 * A transmit ring, the device's side: descriptors are fetched in bursts, never beyond the doorbell, and looked at in the device's
 * memory only, so a guest that changes them meanwhile changes nothing.
 */
export class TxRing {
  readonly #bus: Bus
  readonly #window: number
  #base = -1
  #size = 0
  /** Where the next frame starts, the generation its descriptors carry, and the doorbell. */
  #next = 0
  #gen: number = TxDesc.gen
  #producer = 0
  /** Descriptors in the window, and those of them that are done with. */
  #have = 0
  #used = 0
  /** The last look found no whole frame; a doorbell may change that. */
  #waiting = true

  /** `window` is the place of `TX_BURST` descriptors in the device's memory. */
  constructor(bus: Bus, window: number) {
    this.#bus = bus
    this.#window = window
  }

  get waiting(): boolean {
    return this.#waiting
  }

  setup(base: number, size: number): void {
    this.#base = base
    this.#size = size
    this.#next = 0
    this.#gen = TxDesc.gen
    this.#producer = 0
    this.#have = 0
    this.#used = 0
    this.#waiting = true
  }

  /** The driver's producer index; false for one that is not in the ring. */
  doorbell(producer: number): boolean {
    if (producer >= this.#size) return false
    this.#producer = producer
    this.#waiting = false
    return true
  }

  /** Descriptors of the next whole frame, 0 when there is none, or `NO_END`. */
  frame(): number {
    if (this.#waiting) return 0
    let n = this.#scan()
    if (n === 0) {
      this.#fetch()
      n = this.#scan()
    }
    if (n === 0) {
      // What was fetched may be out of date by the time that the driver rings again.
      this.#have = 0
      this.#used = 0
      this.#waiting = true
    }
    return n
  }

  /** Whether the first descriptor asks for segmentation. */
  get segmented(): boolean {
    return ((this.#bus.i32[this.word(0) + 3] >>> TxDesc.omShift) & TxDesc.omMask) === TxOffload.tso
  }

  /** Index in the arena's words of descriptor `k` of the frame that `frame` found. */
  word(k: number): number {
    return (this.#window >> 2) + (this.#used + k) * DESC_WORDS
  }

  /** Ring index of descriptor `k` of the frame. */
  index(k: number): number {
    const index = this.#next + k
    return index >= this.#size ? index - this.#size : index
  }

  /** Goes on behind the frame's `n` descriptors. */
  advance(n: number): void {
    this.#used += n
    this.#next += n
    if (this.#next < this.#size) return
    this.#next -= this.#size
    this.#gen ^= TxDesc.gen
  }

  #scan(): number {
    const { i32 } = this.#bus
    const most = this.segmented ? MAX_TSO_DESCRIPTORS : MAX_TX_DESCRIPTORS
    const left = Math.min(this.#have - this.#used, most)
    for (let k = 0; k < left; k++) {
      const word = this.word(k)
      const gen = this.#next + k < this.#size ? this.#gen : this.#gen ^ TxDesc.gen
      if ((i32[word + 2] & TxDesc.gen) !== gen) return 0
      if ((i32[word + 3] & TxDesc.eop) !== 0) return k + 1
    }
    return left === most ? NO_END : 0
  }

  #fetch(): void {
    this.#used = 0
    this.#have = 0
    const rung = this.#producer - this.#next
    const count = Math.min(rung < 0 ? rung + this.#size : rung, TX_BURST)
    const first = Math.min(count, this.#size - this.#next)
    if (!this.#bus.read(this.#base + this.#next * DESC_BYTES, first * DESC_BYTES, this.#window)) return
    const rest = (count - first) * DESC_BYTES
    if (!this.#bus.read(this.#base, rest, this.#window + first * DESC_BYTES)) return
    this.#have = count
  }
}

import type { RingView } from '@npa/memory'
import { DESC_BYTES, DESC_WORDS } from '@npa/vmxnet3-spec'
import type { Bus } from './bus.js'

const GEN = 0x80000000 | 0

/**
 * A completion ring, the device's side. The word that carries the generation bit is written last and on its own, so a driver
 * that sees it sees the other three.
 */
export class CompletionRing {
  readonly #bus: Bus
  readonly #scratch: number
  #base = -1
  #size = 0
  #next = 0
  #gen = GEN
  #view: RingView | undefined
  #epoch = -1

  /** `scratch` is the place of one completion in the device's memory. */
  constructor(bus: Bus, scratch: number) {
    this.#bus = bus
    this.#scratch = scratch
  }

  setup(base: number, size: number): void {
    this.#base = base
    this.#size = size
    this.#next = 0
    this.#gen = GEN
    this.#epoch = -1
  }

  /** Writes a completion; `w3` comes without its generation bit. */
  post(w0: number, w1: number, w2: number, w3: number): void {
    if (this.#epoch !== this.#bus.dma.epoch) this.#map()
    const view = this.#view
    const last = w3 | this.#gen
    if (view === undefined) this.#transfer(w0, w1, w2, last)
    else {
      const word = view.word0 + this.#next * DESC_WORDS
      view.i32[word] = w0
      view.i32[word + 1] = w1
      view.i32[word + 2] = w2
      Atomics.store(view.i32, word + 3, last)
    }
    if (++this.#next === this.#size) {
      this.#next = 0
      this.#gen ^= GEN
    }
  }

  #map(): void {
    const { dma } = this.#bus
    this.#view = dma.view(this.#base >>> 0, Math.floor(this.#base / 4294967296), this.#size * DESC_BYTES, true)
    this.#epoch = dma.epoch
  }

  #transfer(w0: number, w1: number, w2: number, w3: number): void {
    const word = this.#scratch >> 2
    const address = this.#base + this.#next * DESC_BYTES
    this.#bus.i32[word] = w0
    this.#bus.i32[word + 1] = w1
    this.#bus.i32[word + 2] = w2
    this.#bus.i32[word + 3] = w3
    // Where guest memory does not take it, the IOMMU counts the fault.
    if (this.#bus.write(this.#scratch, 12, address)) this.#bus.write(this.#scratch + 12, 4, address + 12)
  }
}

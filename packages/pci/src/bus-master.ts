import type { StateIo } from '@npa/core'
import type { Dma, RingView } from '@npa/memory'

/**
 * A function's way to bus memory, open while the function may master the bus. Before that, and while it is not plugged in,
 * transfers are refused and counted.
 */
export class BusMaster implements Dma {
  #bus: Dma | undefined
  #open = false
  #moves = 0
  /** Transfers that were tried while the function must not master the bus. */
  refused = 0

  connect(bus: Dma): void {
    this.#bus = bus
    this.#moves++
  }

  gate(open: boolean): void {
    if (open === this.#open) return
    this.#open = open
    this.#moves++
  }

  walkState(io: StateIo): void {
    this.refused = io.integer('refused', this.refused, 0, Number.MAX_SAFE_INTEGER)
  }

  get open(): boolean {
    return this.#open
  }

  /** Both terms only grow, so the sum moves with either. */
  get epoch(): number {
    return this.#bus === undefined ? this.#moves : this.#moves + this.#bus.epoch
  }

  read(lo: number, hi: number, bytes: number, at: number): boolean {
    if (this.#open && this.#bus !== undefined) return this.#bus.read(lo, hi, bytes, at)
    this.refused++
    return false
  }

  write(at: number, bytes: number, lo: number, hi: number): boolean {
    if (this.#open && this.#bus !== undefined) return this.#bus.write(at, bytes, lo, hi)
    this.refused++
    return false
  }

  view(lo: number, hi: number, bytes: number, writable: boolean): RingView | undefined {
    if (!this.#open || this.#bus === undefined) return undefined
    const view = this.#bus.view(lo, hi, bytes, writable)
    return view === undefined ? undefined : { i32: view.i32, word0: view.word0, epoch: this.epoch }
  }
}

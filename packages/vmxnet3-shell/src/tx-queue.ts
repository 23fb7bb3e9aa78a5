import type { BufferPool } from './buffer-pool.js'
import type { PluginHost } from './plugin-host.js'
import { TxFifo } from './tx-fifo.js'

/**
 * One transmit queue above the plugin. The Plugin API rings the doorbell with a frame (`last`), never alone; so the newest frame waits
 * here until the next one comes or the stack flushes, and goes with `last` 0 or 1 accordingly.
 *
 * Every 32nd part of the ring goes with `last` 1 in any case: frames that the device was not told of (at most 17 of 32 slots, even
 * when each has 16 pieces and a context) never fill the ring alone, so a full ring always gets a completion that goes on.
 */
export class TxQueue {
  readonly fifo: TxFifo
  readonly #queue: number
  /** The plugin had no space: only completions make it worth asking again. */
  #blocked = false
  #unrung = 0

  constructor(pool: BufferPool, queue: number, frames: number) {
    this.#queue = queue
    this.fifo = new TxFifo(pool, frames)
  }

  /** Whether a frame can be taken. */
  get open(): boolean {
    return !this.#blocked && !this.fifo.full
  }

  /** Hands waiting frames to the plugin, as long as it has space: all of them, or all but the newest. */
  pump(host: PluginHost, all: boolean): void {
    const { fifo } = this
    const waiting = all ? 0 : 1
    if (this.#blocked || fifo.waiting <= waiting) return
    const batch = host.window.txRingSize[this.#queue] >> 5
    do {
      const last = fifo.waiting === 1 || this.#unrung + 1 >= batch ? 1 : 0
      fifo.describe(host.window)
      this.#blocked = !host.addFrame(this.#queue, last)
      if (this.#blocked) return
      fifo.place()
      this.#unrung = last === 1 ? 0 : this.#unrung + 1
    } while (fifo.waiting > waiting)
  }

  /** The `frames` oldest are sent; returns their bytes. */
  complete(frames: number): number {
    if (frames > 0) this.#blocked = false
    return this.fifo.release(frames)
  }

  /** The plugin is gone; every frame waits again. */
  rewind(): void {
    this.fifo.rewind()
    this.#blocked = false
    this.#unrung = 0
  }

  /** The plugin is gone and with it the frames it had; returns how many. */
  drop(): number {
    const frames = this.fifo.placed
    this.fifo.release(frames)
    this.rewind()
    return frames
  }
}

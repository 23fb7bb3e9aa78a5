import type { DmaBlock, PacketBuffers } from '@npa/core'
import type { DmaLedger } from './dma-ledger.js'

/** Bytes of a small and of a large buffer (Shell API). */
export const SMALL_BUFFER = 2048
export const LARGE_BUFFER = 4096

/** A large buffer takes two ids, of which the first names it. */
const LARGE_SPAN = LARGE_BUFFER / SMALL_BUFFER

/**
 * Packet memory of the driver: one DMA block, the small buffers first. A large buffer has the id of its first half, so that
 * `u8[id * size]` is the first byte of any buffer.
 */
export class BufferPool implements PacketBuffers {
  readonly size: number = SMALL_BUFFER
  readonly count: number
  readonly u8: Uint8Array
  readonly #block: DmaBlock
  readonly #small: Int32Array
  readonly #large: Int32Array
  #smallFree = 0
  #largeFree = 0
  #inUse = 0
  readonly #used: Uint8Array
  #starved: (() => void) | undefined

  constructor(ledger: DmaLedger, count: number, largeCount: number) {
    this.count = count
    const ids = count + largeCount * LARGE_SPAN
    this.#block = ledger.alloc(ids * SMALL_BUFFER, LARGE_BUFFER)
    this.u8 = this.#block.u8
    this.#used = new Uint8Array(ids)
    this.#small = new Int32Array(count)
    this.#large = new Int32Array(largeCount)
    for (let id = count - 1; id >= 0; id--) this.#small[this.#smallFree++] = id
    for (let i = largeCount - 1; i >= 0; i--) this.#large[this.#largeFree++] = count + i * LARGE_SPAN
  }

  /** Gives the memory back; whatever is still in use stays counted. */
  dispose(ledger: DmaLedger): void {
    ledger.free(this.#block)
  }

  get inUse(): number {
    return this.#inUse
  }

  alloc(): number {
    if (this.#smallFree === 0) return -1
    return this.#take(this.#small[--this.#smallFree])
  }

  /** The id of a buffer of `LARGE_BUFFER` bytes, or -1. */
  allocLarge(): number {
    if (this.#largeFree === 0) return -1
    return this.#take(this.#large[--this.#largeFree])
  }

  free(buffer: number): void {
    if (this.#used[buffer] !== 1) throw new Error(`packet buffer ${buffer} freed, but it is not in use`)
    this.#used[buffer] = 0
    this.#inUse--
    if (buffer < this.count) this.#small[this.#smallFree++] = buffer
    else this.#large[this.#largeFree++] = buffer
    const starved = this.#starved
    if (starved === undefined) return
    this.#starved = undefined
    starved()
  }

  /** Calls back once, at the next `free`. */
  whenFreed(callback: () => void): void {
    this.#starved = callback
  }

  /** Whether a buffer in use has `length` bytes from `offset`. */
  holds(buffer: number, offset: number, length: number): boolean {
    if (this.#used[buffer] !== 1 || offset < 0 || length < 1) return false
    return offset + length <= (buffer < this.count ? SMALL_BUFFER : LARGE_BUFFER)
  }

  /** Writes the bus address of a byte of a buffer into two words. */
  address(buffer: number, offset: number, words: Int32Array, at: number): void {
    const low = (this.#block.lo >>> 0) + buffer * SMALL_BUFFER + offset
    words[at] = low | 0
    words[at + 1] = this.#block.hi + (low > 0xffffffff ? 1 : 0)
  }

  /** The stack wrote these bytes, the device reads them next. */
  syncForDevice(buffer: number, offset: number, length: number): void {
    this.#block.syncForDevice(buffer * SMALL_BUFFER + offset, length)
  }

  /** The device wrote these bytes, the stack reads them next. */
  syncForCpu(buffer: number, offset: number, length: number): void {
    this.#block.syncForCpu(buffer * SMALL_BUFFER + offset, length)
  }

  #take(id: number): number {
    this.#used[id] = 1
    this.#inUse++
    return id
  }
}

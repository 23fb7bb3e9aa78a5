import type { DmaBlock, DriverPlatform } from '@npa/core'
import type { Arena } from '@npa/memory'
import { DESCRIPTOR_BYTES } from '../layout/index.js'
import { UPLINK_RING } from './limits.js'
import type { RingPlace } from './queues.js'

/** Rings are aligned to this much (RDBAL, TDBAL). */
const RING_ALIGN = 128

/** One of the PF's rings in DMA memory, with a buffer of its own for every descriptor. */
export class UplinkRing {
  readonly size: number = UPLINK_RING
  readonly descriptors: DmaBlock
  readonly bufferBytes: number
  readonly #buffers: DmaBlock
  readonly #platform: DriverPlatform

  /**
   * `frameBytes` is what a buffer must hold; it is rounded up to whole KiB, in which SRRCTL counts. Throws an `Error` when the
   * platform's DMA memory is not in the arena, in which frames are named by their offset.
   */
  constructor(platform: DriverPlatform, arena: Arena, frameBytes: number) {
    this.#platform = platform
    this.bufferBytes = Math.max(2048, Math.ceil(frameBytes / 1024) * 1024)
    this.descriptors = platform.allocDma(this.size * DESCRIPTOR_BYTES, RING_ALIGN)
    this.#buffers = platform.allocDma(this.size * this.bufferBytes, 1024)
    if (this.#buffers.u8.buffer !== arena.buffer) {
      throw new Error('the DMA memory of the PF driver must lie in the arena of its frames')
    }
  }

  /** The ring as the chip is told of it. */
  get place(): RingPlace {
    return { lo: this.descriptors.lo, hi: this.descriptors.hi, size: this.size }
  }

  /** Arena offset of a descriptor's buffer. */
  bufferAt(index: number): number {
    return this.#buffers.u8.byteOffset + index * this.bufferBytes
  }

  /** Writes the buffer's bus address into the descriptor, word by word. */
  address(index: number, word: number): void {
    const low = this.#buffers.lo + index * this.bufferBytes
    this.descriptors.i32[word] = low
    this.descriptors.i32[word + 1] = this.#buffers.hi + (low > 0xffffffff ? 1 : 0)
  }

  /** Hands the buffer's first bytes to the device, or back. */
  syncBufferForDevice(index: number, bytes: number): void {
    this.#buffers.syncForDevice(index * this.bufferBytes, bytes)
  }

  syncBufferForCpu(index: number, bytes: number): void {
    this.#buffers.syncForCpu(index * this.bufferBytes, bytes)
  }

  free(): void {
    this.#platform.freeDma(this.descriptors)
    this.#platform.freeDma(this.#buffers)
  }
}

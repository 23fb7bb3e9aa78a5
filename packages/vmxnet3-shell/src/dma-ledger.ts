import type { DmaBlock, DriverPlatform } from '@npa/core'

/** DMA memory of the driver, every block accounted for. */
export class DmaLedger {
  readonly #platform: DriverPlatform
  readonly #held = new Set<DmaBlock>()

  constructor(platform: DriverPlatform) {
    this.#platform = platform
  }

  /** Zeroed memory; throws the platform's `RangeError` when there is none left. */
  alloc(bytes: number, align: number): DmaBlock {
    const block = this.#platform.allocDma(bytes, align)
    this.#held.add(block)
    block.u8.fill(0)
    return block
  }

  free(block: DmaBlock): void {
    if (!this.#held.delete(block)) throw new Error('DMA block freed that is not held')
    this.#platform.freeDma(block)
  }

  /** A second CPU mapping of a held block, of the pages that back it now. */
  remap(block: DmaBlock): DmaBlock {
    return this.#platform.mapDma(block.lo, block.hi, block.bytes)
  }

  /** Blocks not yet freed. */
  get held(): number {
    return this.#held.size
  }
}

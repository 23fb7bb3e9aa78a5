import type { Arena, Dma } from '@npa/memory'

const HIGH = 4294967296
/** Longest that is read in one piece. */
const MOST_BYTES = 65536

/** Reads a guest's memory for people to look at, past the function whose way to memory it uses. */
export class GuestReader {
  readonly #arena: Arena
  readonly #at: number
  #dma: Dma | undefined

  constructor(arena: Arena) {
    this.#arena = arena
    this.#at = arena.allocate(MOST_BYTES)
  }

  /** The function's way to memory. */
  attach(dma: Dma): void {
    this.#dma = dma
  }

  /** A copy of `bytes` bytes, at most `MOST_BYTES`, or undefined where nothing is mapped. */
  read(address: number, bytes: number): Uint8Array | undefined {
    if (bytes > MOST_BYTES || this.#dma?.read(address >>> 0, Math.floor(address / HIGH), bytes, this.#at) !== true)
      return undefined
    return this.#arena.u8.slice(this.#at, this.#at + bytes)
  }
}

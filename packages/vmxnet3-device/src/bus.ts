import type { Dma } from '@npa/memory'
import type { Arena } from '@npa/memory'

const WORD = 4294967296

/** Above this high word an address is beyond what a double holds exactly; nothing is mapped there. */
const HIGHEST = 0x200000

/** A bus address as one exact number, or -1 where no memory can be. */
export function busAddress(lo: number, hi: number): number {
  return hi >>> 0 < HIGHEST ? (hi >>> 0) * WORD + (lo >>> 0) : -1
}

/**
 * Small transfers between the device's own memory and the guest's, for control structures: addresses are single numbers here,
 * see `busAddress`, and -1 is refused.
 */
export class Bus {
  readonly dma: Dma
  readonly u8: Uint8Array
  readonly i32: Int32Array
  readonly #word: number

  /** `scratch` is the place of one word in the device's memory. */
  constructor(dma: Dma, arena: Arena, scratch: number) {
    this.dma = dma
    this.u8 = arena.u8
    this.i32 = arena.i32
    this.#word = scratch
  }

  read(address: number, bytes: number, at: number): boolean {
    return address >= 0 && this.dma.read(address >>> 0, Math.floor(address / WORD), bytes, at)
  }

  write(at: number, bytes: number, address: number): boolean {
    return address >= 0 && this.dma.write(at, bytes, address >>> 0, Math.floor(address / WORD))
  }

  /** The u32 at an address, or 0 where it cannot be read. */
  word(address: number): number {
    return this.read(address, 4, this.#word) ? this.i32[this.#word >> 2] >>> 0 : 0
  }

  putWord(address: number, value: number): boolean {
    this.i32[this.#word >> 2] = value
    return this.write(this.#word, 4, address)
  }

  /** One byte, its neighbours untouched. */
  putByte(address: number, value: number): boolean {
    this.u8[this.#word] = value
    return this.write(this.#word, 1, address)
  }

  /** A 64-bit counter, `value` an exact integer. */
  putCount(address: number, value: number): boolean {
    return this.putWord(address, value >>> 0) && this.putWord(address + 4, Math.floor(value / WORD))
  }
}

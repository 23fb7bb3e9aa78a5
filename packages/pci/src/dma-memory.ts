import type { DmaBlock } from '@npa/core'
import { RangeAllocator } from '@npa/memory'
import type { Arena, MemoryMap } from '@npa/memory'

/** Arena memory as its driver and its device share it: nothing to transfer. */
class ArenaBlock implements DmaBlock {
  readonly lo: number
  readonly hi: number
  readonly bytes: number
  readonly i32: Int32Array
  readonly u8: Uint8Array
  constructor(arena: Arena, at: number, lo: number, hi: number, bytes: number) {
    this.lo = lo
    this.hi = hi
    this.bytes = bytes
    this.i32 = new Int32Array(arena.buffer, at, bytes >> 2)
    this.u8 = new Uint8Array(arena.buffer, at, bytes)
  }
  syncForDevice(): void {
    /* the device reads the same memory */
  }
  syncForCpu(): void {
    /* the device wrote the same memory */
  }
}

/** Memory that drivers of one machine, host or guest, may share with devices: a range of bus addresses, mapped in `space`. */
export class DmaMemory {
  readonly #arena: Arena
  readonly #space: MemoryMap
  readonly #ranges: RangeAllocator

  /** Blocks are given out of [start, end), which must be mapped in one piece by the time they are. */
  constructor(name: string, arena: Arena, space: MemoryMap, start: number, end: number) {
    this.#arena = arena
    this.#space = space
    this.#ranges = new RangeAllocator(name, start, end)
  }

  /** Blocks that are out. */
  get inUse(): number {
    return this.#ranges.inUse
  }

  /** A zeroed block, at least cache-line aligned. Throws a `RangeError` when there is no room. */
  alloc(bytes: number, align: number): DmaBlock {
    const address = this.#ranges.allocate(Math.ceil(bytes / 64) * 64, Math.max(align, 64))
    try {
      const block = this.map(address >>> 0, Math.floor(address / 4294967296), bytes)
      block.u8.fill(0)
      return block
    } catch (error) {
      this.#ranges.free(address)
      throw error
    }
  }

  /** Throws an `Error` when the block is not out. */
  free(block: DmaBlock): void {
    this.#ranges.free(block.hi * 4294967296 + block.lo)
  }

  /** A mapping of whatever backs the addresses now, 4-byte aligned. Throws a `RangeError` when it is not one writable piece. */
  map(lo: number, hi: number, bytes: number): DmaBlock {
    const at = this.#space.span(lo, hi, bytes, true)
    if (at < 0 || (at & 3) !== 0) {
      throw new RangeError(
        `${this.#space.name}: ${bytes} bytes at ${hi.toString(16)}:${(lo >>> 0).toString(16)} cannot be mapped`,
      )
    }
    return new ArenaBlock(this.#arena, at, lo >>> 0, hi, bytes)
  }
}

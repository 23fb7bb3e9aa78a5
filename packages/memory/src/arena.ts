import { MODULE } from './kernels/bytes-module.js'
import { RangeAllocator } from './range-allocator.js'

/** Page size of address spaces and of the WebAssembly memory's multiple, bytes. */
export const PAGE = 4096

/**
 * All memory of one simulated machine room: one shared WebAssembly memory, in which hosts, guests' RAM and the on-chip
 * memories of devices are ranges. So a copy between any two of them is one move inside one buffer.
 */
export class Arena {
  readonly memory: WebAssembly.Memory
  readonly buffer: SharedArrayBuffer
  readonly u8: Uint8Array
  readonly i32: Int32Array
  /**
   * Moves `bytes` bytes between two places that may overlap, offsets in the arena. What lies outside it moves nothing and throws a
   * `WebAssembly.RuntimeError`: offsets come out of the arena or an address space, not from a guest.
   */
  readonly copy: (to: number, from: number, bytes: number) => void
  /**
   * Moves 16-byte descriptors, whose own bit is in their second half, so that a driver in another thread that sees an own bit sees the
   * descriptor and all that was written before it. Both places are multiples of 8, `bytes` of 16; they do not overlap.
   */
  readonly writeBack: (to: number, from: number, bytes: number) => void
  /**
   * The Internet checksum's sum of 16-bit words over `bytes` bytes from `at` on, at most 64 KiB, and of `initial`, at most 2^24; folded to 16
   * bits, in the byte order of the memory (little-endian): its complement can be stored as it is (RFC 1071, section 2 B). An odd last
   * byte is padded with zero. Throws as `copy` does.
   */
  readonly sum: (at: number, bytes: number, initial: number) => number
  readonly #ranges: RangeAllocator
  /** End of the highest range that was ever given out. */
  #used: number

  /** `bytes` is a multiple of 64 KiB below 2 GiB; throws a `RangeError` otherwise. */
  constructor(bytes: number)
  /** The part [start, end) of an arena that another thread has made, for this thread to give out. */
  constructor(memory: WebAssembly.Memory, start: number, end: number)
  constructor(of: number | WebAssembly.Memory, start: number = PAGE, end?: number) {
    this.memory = typeof of === 'number' ? freshMemory(of) : of
    this.buffer = this.memory.buffer as SharedArrayBuffer
    this.u8 = new Uint8Array(this.buffer)
    this.i32 = new Int32Array(this.buffer)
    const kernels = new WebAssembly.Instance(new WebAssembly.Module(MODULE), { arena: { memory: this.memory } })
    this.copy = kernels.exports['copy'] as Arena['copy']
    this.writeBack = kernels.exports['writeBack'] as Arena['writeBack']
    this.sum = kernels.exports['sum'] as Arena['sum']
    this.#ranges = new RangeAllocator('arena', start, end ?? this.u8.length)
    this.#used = start
  }

  get bytes(): number {
    return this.u8.length
  }

  get bytesInUse(): number {
    return this.#ranges.bytesInUse
  }

  /** The offset of a zeroed range; throws a `RangeError` when there is no room. */
  allocate(bytes: number, align: number = PAGE): number {
    const at = this.#ranges.allocate(bytes, align)
    // memory that was never given out is zero
    this.u8.fill(0, at, Math.min(at + bytes, this.#used))
    this.#used = Math.max(this.#used, at + bytes)
    return at
  }

  free(at: number): void {
    this.#ranges.free(at)
  }
}

function freshMemory(bytes: number): WebAssembly.Memory {
  const pages = bytes / 65536
  if (!Number.isInteger(pages) || pages < 1 || pages >= 32768) {
    throw new RangeError(`arena of ${bytes} bytes: must be a multiple of 65536 below 2 GiB`)
  }
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
}

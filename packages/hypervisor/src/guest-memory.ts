import type { AddressSpace, Arena } from '@npa/memory'

/** The hypervisor's own look into a guest's memory: addresses come from the guest and can be anything. */
export class GuestMemory {
  readonly #arena: Arena
  readonly #space: AddressSpace

  constructor(arena: Arena, space: AddressSpace) {
    this.#arena = arena
    this.#space = space
  }

  /** A view of 4-byte aligned guest memory as words, or undefined when it is not `bytes` of writable memory in one piece. */
  words(lo: number, hi: number, bytes: number): Int32Array | undefined {
    const at = bytes > 0 ? this.#space.span(lo, hi, bytes, true) : -1
    return at < 0 || (at & 3) !== 0 ? undefined : this.#arena.i32.subarray(at >> 2, (at + bytes) >> 2)
  }

  /** Writes bytes into guest memory; false, with nothing written, when there is no such memory. */
  store(lo: number, hi: number, bytes: Uint8Array): boolean {
    const at = this.#space.span(lo, hi, bytes.length, true)
    if (at < 0) return false
    this.#arena.u8.set(bytes, at)
    return true
  }
}

import { AddressSpace, PAGE } from '@npa/memory'
import type { Arena } from '@npa/memory'

/** Guest RAM below the PCI hole, as on PCs; the rest starts at 4 GiB, where drivers' DMA memory is taken from. */
const LOW_BYTES = 0x1000000
const HIGH_BASE = 0x1_0000_0000

/** Guest-physical addresses [start, end) that a guest with so much RAM shares with its devices. */
export function dmaRange(bytes: number): { readonly start: number; readonly end: number } {
  return { start: HIGH_BASE, end: HIGH_BASE + bytes - LOW_BYTES }
}

/** A VM's memory and its one map from guest-physical addresses: nested page table and IOMMU domain alike. */
export class GuestRam {
  readonly space: AddressSpace
  readonly #arena: Arena
  readonly #at: number

  /** Throws a `RangeError` for a size that is not made of pages or not above 16 MiB. */
  constructor(name: string, arena: Arena, bytes: number) {
    if (bytes % PAGE !== 0 || bytes <= LOW_BYTES) {
      throw new RangeError(`${name}: ${bytes} bytes of memory: whole pages and more than ${LOW_BYTES} are needed`)
    }
    this.space = new AddressSpace(name)
    this.#arena = arena
    this.#at = arena.allocate(bytes)
    this.space.map(0, LOW_BYTES, this.#at)
    this.space.map(HIGH_BASE, bytes - LOW_BYTES, this.#at + LOW_BYTES)
  }

  /** Lets RAM stand behind pages that something else was laid over; both ends lie in one of the two ranges. */
  back(start: number, bytes: number): void {
    const at = start >= HIGH_BASE ? this.#at + LOW_BYTES + (start - HIGH_BASE) : this.#at + start
    this.space.map(start, bytes, at)
  }

  free(): void {
    this.#arena.free(this.#at)
  }
}

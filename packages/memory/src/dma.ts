import type { AddressSpace } from './address-space.js'
import type { Arena } from './arena.js'

/** A direct view of a ring in bus memory: a fast path for models whose memory is in the arena. */
export interface RingView {
  readonly i32: Int32Array
  /** Index in `i32` of the ring's first word. */
  readonly word0: number
  /** The view holds while the port's epoch is this one. */
  readonly epoch: number
}

/**
 * The only way from a device to bus memory. `at` is an offset in the arena, inside the chip's own memory.
 * A transfer that leaves the map moves nothing and returns false.
 */
export interface Dma {
  /** Bus to chip. */
  read(lo: number, hi: number, bytes: number, at: number): boolean
  /** Chip to bus. */
  write(at: number, bytes: number, lo: number, hi: number): boolean
  /** A view of 4-byte aligned bus memory in one piece, or undefined where there is none. */
  view(lo: number, hi: number, bytes: number, writable: boolean): RingView | undefined
  /** Moves when views must be taken anew. */
  readonly epoch: number
}

/** Longest transfer that is taken for a write-back of descriptors. */
const WRITE_BACK_BYTES = 1024

/** A requester's way to memory: through the address space that the host's IOMMU has given to its requester id. */
export class IommuPort implements Dma {
  readonly #arena: Arena
  readonly #threads: boolean
  #space: AddressSpace | undefined
  #unfollow: (() => void) | undefined
  #follower: ((space: AddressSpace | undefined) => void) | undefined
  #moves = 0
  /** Transfers that the IOMMU refused. */
  faults = 0
  /** Bytes moved, both ways. */
  bytes = 0

  /** `threads`: drivers look at what is written from other threads, so write-backs of descriptors are ordered. */
  constructor(arena: Arena, threads = false) {
    this.#arena = arena
    this.#threads = threads
  }

  /** Gives the requester an address space, or takes it away: then every transfer is refused. */
  assign(space: AddressSpace | undefined): void {
    this.#space = space
    this.#moves++
    if (this.#follower !== undefined) this.follow(this.#follower)
  }

  /**
   * Calls `changed` now, and after every change of what the requester reaches, before the change returns: for whoever keeps a copy
   * of the map where the device is. One follower at a time.
   */
  follow(changed: (space: AddressSpace | undefined) => void): void {
    this.#unfollow?.()
    this.#follower = changed
    this.#unfollow = this.#space?.follow(() => changed(this.#space))
    changed(this.#space)
  }

  get epoch(): number {
    return this.#moves * 4294967296 + (this.#space === undefined ? 0 : this.#space.epoch)
  }

  read(lo: number, hi: number, bytes: number, at: number): boolean {
    return this.#move(lo, hi, bytes, at, false)
  }

  write(at: number, bytes: number, lo: number, hi: number): boolean {
    return this.#move(lo, hi, bytes, at, true)
  }

  view(lo: number, hi: number, bytes: number, writable: boolean): RingView | undefined {
    const at = this.#space === undefined ? -1 : this.#space.span(lo, hi, bytes, writable)
    if (at < 0 || (at & 3) !== 0) return undefined
    return { i32: this.#arena.i32, word0: at >> 2, epoch: this.epoch }
  }

  #move(lo: number, hi: number, bytes: number, at: number, write: boolean): boolean {
    const space = this.#space
    if (bytes === 0) return true
    const one = space === undefined ? -1 : space.span(lo, hi, bytes, write)
    if (one >= 0) {
      if (!write) this.#arena.copy(at, one, bytes)
      else if (this.#threads && isWriteBack(one, at, bytes)) this.#arena.writeBack(one, at, bytes)
      else this.#arena.copy(one, at, bytes)
      this.bytes += bytes
      return true
    }
    if (space === undefined || !this.#mapped(space, lo, hi, bytes, write)) {
      this.faults++
      return false
    }
    this.#pieces(space, lo, hi, bytes, at, write)
    return true
  }

  /** Whether every byte is mapped: a refused transfer must not have moved its first half. */
  #mapped(space: AddressSpace, lo: number, hi: number, bytes: number, write: boolean): boolean {
    // near 2^64 a double could not tell the end of the transfer from its start
    if (space.translate(lo, hi, write) < 0) return false
    let address = hi * 4294967296 + (lo >>> 0)
    const end = address + bytes
    while (address < end) {
      const high = Math.floor(address / 4294967296)
      if (space.translate(address >>> 0, high, write) < 0) return false
      address += space.run(address >>> 0, high)
    }
    return true
  }

  #pieces(space: AddressSpace, lo: number, hi: number, bytes: number, at: number, write: boolean): void {
    let address = hi * 4294967296 + (lo >>> 0)
    let chip = at
    const end = address + bytes
    while (address < end) {
      const high = Math.floor(address / 4294967296)
      const memory = space.translate(address >>> 0, high, write)
      const piece = Math.min(end - address, space.run(address >>> 0, high))
      if (write) this.#arena.copy(memory, chip, piece)
      else this.#arena.copy(chip, memory, piece)
      address += piece
      chip += piece
    }
    this.bytes += bytes
  }
}

/** A transfer that could be one of whole descriptors is treated as one. */
function isWriteBack(to: number, from: number, bytes: number): boolean {
  return bytes <= WRITE_BACK_BYTES && (bytes & 15) === 0 && ((to | from) & 7) === 0
}

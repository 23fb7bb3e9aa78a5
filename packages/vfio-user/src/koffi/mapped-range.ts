import type { Arena } from '@npa/memory'
import type { Backing } from '../backing.js'
import type { Native } from './native.js'

/**
 * A range of guest memory that is mapped into this process. It is reached by address alone and never through an `ArrayBuffer`, so nothing in
 * JavaScript can hold on to it when it is unmapped. Its user has checked every position.
 */
export class MappedRange implements Backing {
  readonly #native: Native
  readonly #address: number
  readonly #bytes: number
  readonly #arenaBytes: number
  readonly #arena: number
  readonly #fence = new Int32Array(new SharedArrayBuffer(4))

  /** `address` is what mmap returned for `bytes`. */
  constructor(native: Native, arena: Arena, address: number, bytes: number) {
    this.#native = native
    this.#arena = native.addressOf(arena.u8)
    this.#arenaBytes = arena.bytes
    this.#address = address
    this.#bytes = bytes
  }

  read(position: number, bytes: number, at: number): boolean {
    this.#check(position, bytes, at)
    this.#native.libc.memcpy(this.#arena + at, this.#address + position, bytes)
    // What is read next is not older than this: who sees a descriptor sees what it points to.
    Atomics.add(this.#fence, 0, 1)
    return true
  }

  write(at: number, bytes: number, position: number): boolean {
    this.#check(position, bytes, at)
    // What was written before is there before this is.
    Atomics.add(this.#fence, 0, 1)
    this.#native.libc.memcpy(this.#address + position, this.#arena + at, bytes)
    return true
  }

  release(): void {
    this.#native.libc.munmap(this.#address, this.#bytes)
  }

  /** There is no net below: an error of a device must not become a store to anywhere. */
  #check(position: number, bytes: number, at: number): void {
    if (at >= 0 && bytes >= 0 && at + bytes <= this.#arenaBytes && position >= 0 && position + bytes <= this.#bytes)
      return
    throw new RangeError(`transfer of ${bytes} bytes at ${at} of the arena and ${position} of guest memory`)
  }
}

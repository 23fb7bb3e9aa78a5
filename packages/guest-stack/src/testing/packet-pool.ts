import type { PacketBuffers } from '@npa/core'

/** Packet buffers that notice every double free. */
export class PacketPool implements PacketBuffers {
  readonly u8: Uint8Array
  readonly size: number
  readonly count: number
  readonly #free: Int32Array
  readonly #used: Uint8Array
  #left: number

  /** In memory of its own, or in what `allocate` gives. */
  constructor(count: number, size: number, allocate: (bytes: number) => Uint8Array = (bytes) => new Uint8Array(bytes)) {
    this.size = size
    this.count = count
    this.u8 = allocate(count * size)
    this.#free = Int32Array.from({ length: count }, (_, i) => i)
    this.#used = new Uint8Array(count)
    this.#left = count
  }

  get inUse(): number {
    return this.count - this.#left
  }

  alloc(): number {
    if (this.#left === 0) return -1
    const buffer = this.#free[--this.#left]
    this.#used[buffer] = 1
    return buffer
  }

  free(buffer: number): void {
    if (this.#used[buffer] !== 1) throw new Error(`buffer ${buffer} is not in use`)
    this.#used[buffer] = 0
    this.#free[this.#left++] = buffer
  }
}

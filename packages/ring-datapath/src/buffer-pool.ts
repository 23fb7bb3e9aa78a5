/** Where a buffer id was given back that is not out: a double free, or no id of the pool. */
export class BufferPoolError extends Error {
  override readonly name = 'BufferPoolError'
}

/**
 * Buffers of one size, by id from 0 on. It belongs to one thread; ids travel through rings and come back through rings. The buffer that was
 * given back last is given out first, as it is the likeliest to be in the cache.
 */
export class BufferPool {
  readonly count: number
  /** Bytes of a buffer, and where the first one begins; both as handed over. */
  readonly bytes: number
  readonly base: number
  readonly #free: Int32Array
  readonly #out: Uint8Array
  #depth: number

  /** `count` buffers of `bytes` bytes one after the other from `base` on. Throws a `RangeError` when they cannot be. */
  constructor(base: number, bytes: number, count: number) {
    const sound = [base, bytes, count].every((n) => Number.isInteger(n) && n >= 0) && bytes > 0 && count > 0
    if (!sound || base + bytes * count > 2 ** 32)
      throw new RangeError(`no pool of ${count} times ${bytes} bytes at ${base}`)
    this.count = count
    this.bytes = bytes
    this.base = base
    this.#free = Int32Array.from({ length: count }, (_, i) => count - 1 - i)
    this.#out = new Uint8Array(count)
    this.#depth = count
  }

  /** Buffers that can be taken. */
  get free(): number {
    return this.#depth
  }

  /** The id of a buffer, or -1 when all are out. */
  take(): number {
    if (this.#depth === 0) return -1
    const id = this.#free[--this.#depth]
    this.#out[id] = 1
    return id
  }

  /** Where the buffer is. The id is one of the pool's. */
  at(id: number): number {
    return this.base + id * this.bytes
  }

  /** The id of the buffer in which the place is, or -1. */
  idOf(at: number): number {
    const id = Math.floor((at - this.base) / this.bytes)
    return id >= 0 && id < this.count ? id : -1
  }

  /** Takes a buffer back. Throws a `BufferPoolError` when it is not out: whoever gave it back twice might have written into another's. */
  give(id: number): void {
    if (this.#out[id] !== 1) throw new BufferPoolError(`buffer ${id} is not out`)
    this.#out[id] = 0
    this.#free[this.#depth++] = id
  }

  /** Whether the id is one of a buffer that is out. For ids that others hand in: they are looked at before `give`. */
  isOut(id: number): boolean {
    return this.#out[id] === 1
  }

  /** Ids that are out, in order: at the end of everything, the leaks. */
  out(): number[] {
    return Array.from(this.#out.keys()).filter((id) => this.#out[id] === 1)
  }
}

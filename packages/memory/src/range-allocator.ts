/** First-fit allocation of ranges from one span of addresses. It counts what is out, so that leaks show. */
export class RangeAllocator {
  readonly #what: string
  /** Free ranges as [start, end), sorted, never adjacent. */
  readonly #free: { start: number; end: number }[]
  readonly #used = new Map<number, number>()
  #bytesInUse = 0

  /** `what` names the span in errors. */
  constructor(what: string, start: number, end: number) {
    this.#what = what
    this.#free = [{ start, end }]
  }

  /** Ranges that are out. */
  get inUse(): number {
    return this.#used.size
  }

  get bytesInUse(): number {
    return this.#bytesInUse
  }

  /** The start of a range of `bytes`; `align` is a power of two. Throws a `RangeError` when no range fits. */
  allocate(bytes: number, align: number): number {
    if (!Number.isInteger(bytes) || bytes <= 0) throw new RangeError(`${this.#what}: cannot allocate ${bytes} bytes`)
    for (let i = 0; i < this.#free.length; i++) {
      const hole = this.#free[i]
      const start = Math.ceil(hole.start / align) * align
      const end = start + bytes
      if (end > hole.end) continue
      const rest = [
        { start: hole.start, end: start },
        { start: end, end: hole.end },
      ].filter((range) => range.end > range.start)
      this.#free.splice(i, 1, ...rest)
      this.#used.set(start, bytes)
      this.#bytesInUse += bytes
      return start
    }
    throw new RangeError(`${this.#what}: no room for ${bytes} bytes (${this.#bytesInUse} in use)`)
  }

  /** Returns a range by its start; throws an `Error` when it is not out. */
  free(start: number): void {
    const bytes = this.#used.get(start)
    if (bytes === undefined) throw new Error(`${this.#what}: ${start} was not allocated`)
    this.#used.delete(start)
    this.#bytesInUse -= bytes
    const at = this.#free.findIndex((range) => range.start > start)
    const place = at < 0 ? this.#free.length : at
    this.#free.splice(place, 0, { start, end: start + bytes })
    this.#join(place)
    this.#join(place - 1)
  }

  /** Joins a free range with the one after it when they touch. */
  #join(at: number): void {
    const range = this.#free[at] as { start: number; end: number } | undefined
    const next = this.#free[at + 1] as { start: number; end: number } | undefined
    if (range === undefined || next === undefined || range.end !== next.start) return
    range.end = next.end
    this.#free.splice(at + 1, 1)
  }
}

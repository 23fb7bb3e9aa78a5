import type { StateIo } from '@npa/core'

/** Small ids waiting for their turn, each at most once: the round robin of an arbiter. */
export class IdQueue {
  readonly #ids: Int32Array
  readonly #member: Uint8Array
  #head = 0
  #count = 0

  /** Ids are 0 to `ids` - 1. */
  constructor(ids: number) {
    this.#ids = new Int32Array(ids)
    this.#member = new Uint8Array(ids)
  }

  get count(): number {
    return this.#count
  }

  has(id: number): boolean {
    return this.#member[id] === 1
  }

  /** Puts an id at the end unless it waits already. */
  push(id: number): void {
    if (this.#member[id] === 1) return
    this.#member[id] = 1
    let at = this.#head + this.#count
    if (at >= this.#ids.length) at -= this.#ids.length
    this.#ids[at] = id
    this.#count++
  }

  /** The id whose turn it is after `behind` others, or -1. */
  peek(behind = 0): number {
    if (behind >= this.#count) return -1
    const at = this.#head + behind
    return this.#ids[at >= this.#ids.length ? at - this.#ids.length : at]
  }

  /** Takes the id whose turn it is, or -1. */
  shift(): number {
    if (this.#count === 0) return -1
    const id = this.#ids[this.#head]
    this.#member[id] = 0
    this.#head = this.#head + 1 === this.#ids.length ? 0 : this.#head + 1
    this.#count--
    return id
  }

  walkState(io: StateIo, name: string): void {
    const now = Array.from({ length: this.#count }, (_, behind) => this.peek(behind))
    const ids = io.integers(name, now, this.#ids.length, 0, this.#ids.length - 1)
    if (!io.restoring) return
    io.consistent(name, new Set(ids).size === ids.length)
    this.clear()
    for (const id of ids) this.push(id)
  }

  clear(): void {
    this.#member.fill(0)
    this.#head = 0
    this.#count = 0
  }
}

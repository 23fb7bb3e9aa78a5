import type { StateIo } from './state-io.js'

/** Longest name of a counter in a saved state, and most of them. */
const NAME = 64
const COUNTERS = 1 << 17

/**
 * Named 64-bit counters (exact to 2^53). The hot path adds to a slot it looked up once; reports read them by name.
 */
export class Counters {
  readonly #slots = new Map<string, number>()
  /** The counts, by slot. It grows only in `slot`. */
  values: Float64Array = new Float64Array(16)

  /** The slot of a counter, made on first use with the count 0. */
  slot(name: string): number {
    const known = this.#slots.get(name)
    if (known !== undefined) return known
    const slot = this.#slots.size
    if (slot === this.values.length) {
      const grown = new Float64Array(slot * 2)
      grown.set(this.values)
      this.values = grown
    }
    this.#slots.set(name, slot)
    return slot
  }

  add(slot: number, n: number): void {
    this.values[slot] += n
  }

  get(name: string): number {
    const slot = this.#slots.get(name)
    return slot === undefined ? 0 : this.values[slot]
  }

  /** All counts by name, in order of creation. */
  snapshot(): Record<string, number> {
    const all: Record<string, number> = {}
    for (const [name, slot] of this.#slots) all[name] = this.values[slot]
    return all
  }

  /** The counts that are not zero, in the order of their names, each once. Counters that a restored state does not name are zero again. */
  walkState(io: StateIo): void {
    const names = [...this.#slots.keys()].filter((name) => this.get(name) !== 0).sort()
    if (io.restoring) this.values.fill(0)
    let before = ''
    io.list('counts', names.length, COUNTERS, (one, index) => {
      const name = one.text('name', names[index] ?? '', NAME)
      const slot = this.slot(name)
      one.consistent('name', name > before)
      before = name
      this.values[slot] = one.integer('count', this.values[slot], 1, Number.MAX_SAFE_INTEGER)
    })
  }
}

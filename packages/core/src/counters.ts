import type { StateIo } from './state-io.js'

/** Longest name of a counter in a saved state, and most of them. */
const NAME = 64
const COUNTERS = 1 << 17

/**
 * Named 64-bit counters (exact to 2^53). The hot path adds to a slot it looked up once; reports read them by name.
 */
export class Counters {
  readonly #slots = new Map<string, number>()
  /** Counts of a restored state under names that nobody has asked for yet. */
  readonly #restored = new Map<string, number>()
  /** The counts, by slot. It grows only in `slot`. */
  values: Float64Array = new Float64Array(16)

  /** The slot of a counter, made on first use with the count 0, or the one of a restored state. */
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
    this.values[slot] = this.#restored.get(name) ?? 0
    this.#restored.delete(name)
    return slot
  }

  add(slot: number, n: number): void {
    this.values[slot] += n
  }

  get(name: string): number {
    const slot = this.#slots.get(name)
    return slot === undefined ? (this.#restored.get(name) ?? 0) : this.values[slot]
  }

  /** All counts by name, in order of creation; behind them those of a restored state that nobody has asked for. */
  snapshot(): Record<string, number> {
    const all: Record<string, number> = {}
    for (const [name, slot] of this.#slots) all[name] = this.values[slot]
    for (const [name, count] of this.#restored) all[name] = count
    return all
  }

  /**
   * The counts that are not zero, in the order of their names, each once. Counters that a restored state does not name are zero again.
   * `mayCount` says of a name that nobody has asked for whether somebody may; a state with another one is refused.
   */
  walkState(io: StateIo, mayCount: (name: string) => boolean): void {
    const names = [...this.#slots.keys(), ...this.#restored.keys()].filter((name) => this.get(name) !== 0).sort()
    const counts = names.map((name) => this.get(name))
    if (io.restoring) {
      this.values.fill(0)
      this.#restored.clear()
    }
    let before = ''
    io.list('counts', names.length, COUNTERS, (one, index) => {
      const name = one.text('name', names[index] ?? '', NAME)
      const slot = this.#slots.get(name)
      one.consistent('name', name > before && (slot !== undefined || mayCount(name)))
      before = name
      const count = one.integer('count', counts[index] ?? 0, 1, Number.MAX_SAFE_INTEGER)
      if (slot !== undefined) this.values[slot] = count
      else if (io.restoring) this.#restored.set(name, count)
    })
  }
}

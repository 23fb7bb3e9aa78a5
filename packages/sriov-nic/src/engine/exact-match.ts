/** Slots of the hash table: at least twice the entries, so that probing stays short. A power of two. */
const SLOTS = 512

/**
 * The exact-match MAC filter of a switch: addresses and the pools of each, up to 256 entries. Entries with the same address count as
 * one with the pools of all. Rebuilt on the first look-up after a change, so that programming it costs nothing.
 */
export class ExactMatch {
  readonly #lo: Int32Array
  readonly #hi: Int32Array
  readonly #valid: Uint8Array
  readonly #poolsLo: Int32Array
  readonly #poolsHi: Int32Array
  readonly #keyLo = new Int32Array(SLOTS)
  readonly #keyHi = new Int32Array(SLOTS)
  readonly #slotLo = new Int32Array(SLOTS)
  readonly #slotHi = new Int32Array(SLOTS)
  readonly #full = new Uint8Array(SLOTS)
  #stale = true
  /** Pools of the address looked up last: 0 to 31, and 32 to 63. */
  poolsLo = 0
  poolsHi = 0

  constructor(entries: number) {
    this.#lo = new Int32Array(entries)
    this.#hi = new Int32Array(entries)
    this.#valid = new Uint8Array(entries)
    this.#poolsLo = new Int32Array(entries)
    this.#poolsHi = new Int32Array(entries)
  }

  /** Address bytes 0 to 3 in `lo`, byte 0 lowest; bytes 4 and 5 in `hi`. */
  address(entry: number, lo: number, hi: number, valid: boolean): void {
    this.#lo[entry] = lo
    this.#hi[entry] = hi & 0xffff
    this.#valid[entry] = valid ? 1 : 0
    this.#stale = true
  }

  pools(entry: number, lo: number, hi: number): void {
    this.#poolsLo[entry] = lo
    this.#poolsHi[entry] = hi
    this.#stale = true
  }

  /** Whether any entry has this address; its pools are then in `poolsLo` and `poolsHi`. */
  lookUp(lo: number, hi: number): boolean {
    if (this.#stale) this.#rebuild()
    const slot = this.#find(lo, hi)
    this.poolsLo = this.#slotLo[slot]
    this.poolsHi = this.#slotHi[slot]
    return this.#full[slot] === 1
  }

  /** The slot of an address, or the free one where it would go: its pools are zero. */
  #find(lo: number, hi: number): number {
    let slot = (Math.imul(lo ^ Math.imul(hi, 0x85ebca6b), 0x9e3779b1) >>> 23) & (SLOTS - 1)
    while (this.#full[slot] === 1 && (this.#keyLo[slot] !== lo || this.#keyHi[slot] !== hi))
      slot = (slot + 1) & (SLOTS - 1)
    return slot
  }

  #rebuild(): void {
    this.#stale = false
    this.#full.fill(0)
    this.#slotLo.fill(0)
    this.#slotHi.fill(0)
    for (let entry = 0; entry < this.#valid.length; entry++) {
      if (this.#valid[entry] === 0) continue
      const slot = this.#find(this.#lo[entry], this.#hi[entry])
      this.#full[slot] = 1
      this.#keyLo[slot] = this.#lo[entry]
      this.#keyHi[slot] = this.#hi[entry]
      this.#slotLo[slot] |= this.#poolsLo[entry]
      this.#slotHi[slot] |= this.#poolsHi[entry]
    }
  }
}

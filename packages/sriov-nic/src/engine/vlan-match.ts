/** The VLAN filter of a switch: enabled ids and their pools. Rebuilt on the first look-up after a change. */
export class VlanMatch {
  readonly #id: Int32Array
  readonly #enabled: Uint8Array
  readonly #poolsLo: Int32Array
  readonly #poolsHi: Int32Array
  readonly #idLo = new Int32Array(4096)
  readonly #idHi = new Int32Array(4096)
  readonly #entriesLo = new Int32Array(4096)
  readonly #entriesHi = new Int32Array(4096)
  #stale = true
  /** Pools of the id looked up last: 0 to 31, and 32 to 63. */
  poolsLo = 0
  poolsHi = 0
  /** Entries that have that id. */
  entriesLo = 0
  entriesHi = 0

  constructor(entries: number) {
    this.#id = new Int32Array(entries)
    this.#enabled = new Uint8Array(entries)
    this.#poolsLo = new Int32Array(entries)
    this.#poolsHi = new Int32Array(entries)
  }

  vlan(entry: number, id: number, enabled: boolean): void {
    this.#id[entry] = id & 0xfff
    this.#enabled[entry] = enabled ? 1 : 0
    this.#stale = true
  }

  pools(entry: number, lo: number, hi: number): void {
    this.#poolsLo[entry] = lo
    this.#poolsHi[entry] = hi
    this.#stale = true
  }

  /** The members of an id: none when no entry has it. */
  lookUp(id: number): void {
    if (this.#stale) this.#rebuild()
    this.poolsLo = this.#idLo[id]
    this.poolsHi = this.#idHi[id]
    this.entriesLo = this.#entriesLo[id]
    this.entriesHi = this.#entriesHi[id]
  }

  #rebuild(): void {
    this.#stale = false
    this.#idLo.fill(0)
    this.#idHi.fill(0)
    this.#entriesLo.fill(0)
    this.#entriesHi.fill(0)
    for (let entry = 0; entry < this.#id.length; entry++) {
      if (this.#enabled[entry] === 0) continue
      this.#idLo[this.#id[entry]] |= this.#poolsLo[entry]
      this.#idHi[this.#id[entry]] |= this.#poolsHi[entry]
      if (entry < 32) this.#entriesLo[this.#id[entry]] |= 1 << entry
      else this.#entriesHi[this.#id[entry]] |= 1 << (entry & 31)
    }
  }
}

/** The registers of a chip's exact-match filters. `low` is bytes 0 to 3 of an address, the first lowest, `high` bytes 4 and 5. */
export interface AddressTable {
  readonly entries: number
  /** What the EEPROM left in entry 0. */
  own(): { readonly low: number; readonly high: number }
  /** Puts an address with its one pool into an entry that is not valid: the pool is there before the address is. */
  set(entry: number, low: number, high: number, pool: number): void
  /** Points a valid entry, which has this address, at another pool: one register write. */
  move(entry: number, low: number, high: number, pool: number): void
  clear(entry: number): void
}

/** Six bytes as RAL and RAH have them. */
function low(mac: Uint8Array): number {
  return (mac[0] | (mac[1] << 8) | (mac[2] << 16) | (mac[3] << 24)) >>> 0
}

function high(mac: Uint8Array): number {
  return mac[4] | (mac[5] << 8)
}

/** The entry of the PF's own address. */
export const OWN_ADDRESS = 0

/** Whether bytes are a unicast address that a NIC can have. */
export function isUnicast(mac: Uint8Array): boolean {
  return mac.length === 6 && (mac[0] & 1) === 0 && mac.some((byte) => byte !== 0)
}

/**
 * The exact-match filters: RAR entries, each with the one pool that gets the frames. An address moves between pools by a single
 * write, so no frame meets both or neither.
 */
export class MacFilters {
  readonly #table: AddressTable
  /** Pool of an entry, -1 for a free one. */
  readonly #pool: Int32Array
  readonly #low: Uint32Array
  readonly #high: Uint32Array

  constructor(table: AddressTable) {
    this.#table = table
    this.#pool = new Int32Array(table.entries).fill(-1)
    this.#low = new Uint32Array(table.entries)
    this.#high = new Uint32Array(table.entries)
  }

  /** Empties the table but for entry 0, which becomes the PF's own address, as the EEPROM left it there. */
  start(pool: number): void {
    for (let n = 1; n < this.#table.entries; n++) this.free(n)
    const { low, high } = this.#table.own()
    this.#low[0] = low
    this.#high[0] = high
    this.move(0, pool)
  }

  /** The entry of an address, or -1. */
  find(mac: Uint8Array): number {
    const lo = low(mac)
    const hi = high(mac)
    for (let n = 0; n < this.#table.entries; n++) {
      if (this.#pool[n] >= 0 && this.#low[n] === lo && this.#high[n] === hi) return n
    }
    return -1
  }

  poolOf(entry: number): number {
    return this.#pool[entry]
  }

  /** Points an entry at a pool: one register write. */
  move(entry: number, pool: number): void {
    this.#pool[entry] = pool
    this.#table.move(entry, this.#low[entry], this.#high[entry], pool)
  }

  /** A new entry for an address; -1 when all are in use. */
  add(mac: Uint8Array, pool: number): number {
    const entry = this.#pool.indexOf(-1)
    if (entry < 0) return -1
    this.#low[entry] = low(mac)
    this.#high[entry] = high(mac)
    this.#pool[entry] = pool
    this.#table.set(entry, this.#low[entry], this.#high[entry], pool)
    return entry
  }

  free(entry: number): void {
    this.#pool[entry] = -1
    this.#table.clear(entry)
  }
}

import type { Mmio } from '@npa/core'
import { LIMITS } from './limits.js'
import { MPSAR_HI, MPSAR_LO, RAH, RAH_VALID, RAL } from './registers.js'

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
 * The exact-match filters: RAR entries, each with the one pool that gets the frames (MPSAR). An address moves between pools by a
 * single write of MPSAR's low half, so no frame meets both or neither.
 */
export class MacFilters {
  readonly #mmio: Mmio
  /** Pool of an entry, -1 for a free one. */
  readonly #pool: Int32Array = new Int32Array(LIMITS.macFilters).fill(-1)
  readonly #low: Uint32Array = new Uint32Array(LIMITS.macFilters)
  readonly #high: Uint32Array = new Uint32Array(LIMITS.macFilters)

  constructor(mmio: Mmio) {
    this.#mmio = mmio
  }

  /** Empties the table but for entry 0, which becomes the PF's own address, as the EEPROM left it there. */
  start(pool: number): void {
    for (let n = 0; n < LIMITS.macFilters; n++) {
      if (n > 0) this.free(n)
      this.#mmio.write32(MPSAR_HI(n), 0)
    }
    this.#low[0] = this.#mmio.read32(RAL(0))
    this.#high[0] = this.#mmio.read32(RAH(0)) & 0xffff
    this.move(0, pool)
  }

  /** The entry of an address, or -1. */
  find(mac: Uint8Array): number {
    const lo = low(mac)
    const hi = high(mac)
    for (let n = 0; n < LIMITS.macFilters; n++) {
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
    this.#mmio.write32(MPSAR_LO(entry), (1 << pool) >>> 0)
  }

  /** A new entry for an address; -1 when all are in use. The pool is there before the address is valid. */
  add(mac: Uint8Array, pool: number): number {
    const entry = this.#pool.indexOf(-1)
    if (entry < 0) return -1
    this.#low[entry] = low(mac)
    this.#high[entry] = high(mac)
    this.move(entry, pool)
    this.#mmio.write32(RAL(entry), this.#low[entry])
    this.#mmio.write32(RAH(entry), (this.#high[entry] | RAH_VALID) >>> 0)
    return entry
  }

  free(entry: number): void {
    this.#pool[entry] = -1
    this.#mmio.write32(RAH(entry), 0)
    this.#mmio.write32(RAL(entry), 0)
    this.#mmio.write32(MPSAR_LO(entry), 0)
  }
}

import type { Mmio } from '@npa/core'
import { LIMITS } from './limits.js'
import { PFVLVF, PFVLVFB_HI, PFVLVFB_LO, VFTA, VLVF_ENABLE } from './registers.js'

/**
 * The VLAN filters of pools. An entry exists while a VF is in its VLAN, and the PF's pool is in every entry: behind it is a switch
 * of its own. VLANs without entry go to the default pool, which is the PF's.
 */
export class VlanFilters {
  readonly #mmio: Mmio
  readonly #pf: number
  /** VLAN of an entry, -1 for a free one. */
  readonly #vlan: Int32Array = new Int32Array(LIMITS.vlanFilters).fill(-1)
  /** Pools of an entry without the PF's, a bit each. */
  readonly #vfs: Uint32Array = new Uint32Array(LIMITS.vlanFilters)

  constructor(mmio: Mmio, pfPool: number) {
    this.#mmio = mmio
    this.#pf = (1 << pfPool) >>> 0
  }

  /** Empties the pools' filters and opens the first gate, VFTA, for every VLAN. */
  start(): void {
    for (let n = 0; n < LIMITS.vlanFilters; n++) {
      this.#mmio.write32(PFVLVF(n), 0)
      this.#mmio.write32(PFVLVFB_LO(n), 0)
      this.#mmio.write32(PFVLVFB_HI(n), 0)
    }
    for (let n = 0; n < 128; n++) this.#mmio.write32(VFTA(n), 0xffffffff)
  }

  /** Whether so many VLANs without entry can still get one. */
  hasRoomFor(vlans: readonly number[]): boolean {
    const fresh = vlans.filter((vlan) => !this.#vlan.includes(vlan)).length
    return fresh <= this.#vlan.filter((vlan) => vlan < 0).length
  }

  /** Puts a VF into a VLAN. The caller has made sure of room. */
  join(vlan: number, vf: number): void {
    const known = this.#vlan.indexOf(vlan)
    const entry = known >= 0 ? known : this.#vlan.indexOf(-1)
    this.#vlan[entry] = vlan
    this.#vfs[entry] |= 1 << vf
    this.#mmio.write32(PFVLVFB_LO(entry), (this.#vfs[entry] | this.#pf) >>> 0)
    if (known < 0) this.#mmio.write32(PFVLVF(entry), (vlan | VLVF_ENABLE) >>> 0)
  }

  leave(vlan: number, vf: number): void {
    const entry = this.#vlan.indexOf(vlan)
    this.#vfs[entry] &= ~(1 << vf)
    if (this.#vfs[entry] !== 0) {
      this.#mmio.write32(PFVLVFB_LO(entry), (this.#vfs[entry] | this.#pf) >>> 0)
      return
    }
    this.#vlan[entry] = -1
    this.#mmio.write32(PFVLVF(entry), 0)
    this.#mmio.write32(PFVLVFB_LO(entry), 0)
  }
}

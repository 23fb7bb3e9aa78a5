import type { Mmio } from '@npa/core'
import type { AddressTable, VlanTable } from '@npa/vendor-intel-common/pf'
import { LIMITS } from './limits.js'
import * as R from './registers.js'

/** RAR and MPSAR: an address moves by one write of the low half of its entry's pools. */
export function addressTable(mmio: Mmio): AddressTable {
  const move = (entry: number, pool: number): void => mmio.write32(R.MPSAR_LO(entry), (1 << pool) >>> 0)
  return {
    entries: LIMITS.macFilters,
    own: () => ({ low: mmio.read32(R.RAL(0)), high: mmio.read32(R.RAH(0)) & 0xffff }),
    set: (entry, low, high, pool) => {
      move(entry, pool)
      mmio.write32(R.RAL(entry), low)
      mmio.write32(R.RAH(entry), (high | R.RAH_VALID) >>> 0)
    },
    move: (entry, _low, _high, pool) => move(entry, pool),
    clear: (entry) => {
      mmio.write32(R.RAH(entry), 0)
      mmio.write32(R.RAL(entry), 0)
      mmio.write32(R.MPSAR_LO(entry), 0)
    },
  }
}

/** PFVLVF and PFVLVFB. */
export function vlanTable(mmio: Mmio): VlanTable {
  const members = (entry: number, pools: number): void => mmio.write32(R.PFVLVFB_LO(entry), pools)
  return {
    entries: LIMITS.vlanFilters,
    start: () => {
      for (let n = 0; n < LIMITS.vlanFilters; n++) {
        mmio.write32(R.PFVLVF(n), 0)
        mmio.write32(R.PFVLVFB_LO(n), 0)
        mmio.write32(R.PFVLVFB_HI(n), 0)
      }
      for (let n = 0; n < 128; n++) mmio.write32(R.VFTA(n), 0xffffffff)
    },
    set: (entry, vlan, pools) => {
      members(entry, pools)
      mmio.write32(R.PFVLVF(entry), (vlan | R.VLVF_ENABLE) >>> 0)
    },
    members: (entry, _vlan, pools) => members(entry, pools),
    clear: (entry) => {
      mmio.write32(R.PFVLVF(entry), 0)
      mmio.write32(R.PFVLVFB_LO(entry), 0)
    },
  }
}

import type { Mmio } from '@npa/core'
import type { AddressTable, VlanTable } from '@npa/vendor-intel-common/pf'
import { LIMITS } from './limits.js'
import * as R from './registers.js'

/** RAL and RAH: an address's pools are in RAH itself, so it moves by one write of that. */
export function addressTable(mmio: Mmio): AddressTable {
  const move = (entry: number, _low: number, high: number, pool: number): void =>
    mmio.write32(R.RAH(entry), (high | (1 << (R.Rah.poolShift + pool)) | R.Rah.valid) >>> 0)
  return {
    entries: LIMITS.macFilters,
    own: () => ({ low: mmio.read32(R.RAL(0)), high: mmio.read32(R.RAH(0)) & 0xffff }),
    set: (entry, low, high, pool) => {
      mmio.write32(R.RAL(entry), low)
      move(entry, low, high, pool)
    },
    move,
    clear: (entry) => {
      mmio.write32(R.RAH(entry), 0)
      mmio.write32(R.RAL(entry), 0)
    },
  }
}

/** VLVF: a VLAN and its pools in one register. */
export function vlanTable(mmio: Mmio): VlanTable {
  const set = (entry: number, vlan: number, pools: number): void =>
    mmio.write32(R.VLVF(entry), (vlan | (pools << R.Vlvf.poolShift) | R.Vlvf.enable) >>> 0)
  const clear = (entry: number): void => mmio.write32(R.VLVF(entry), 0)
  return {
    entries: LIMITS.vlanFilters,
    start: () => {
      for (let n = 0; n < LIMITS.vlanFilters; n++) clear(n)
      for (let n = 0; n < 128; n++) mmio.write32(R.VFTA(n), 0xffffffff)
    },
    set,
    members: set,
    clear,
  }
}

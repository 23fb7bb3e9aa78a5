import { Mirror } from '../engine/mirror-rules.js'

/** Bits of an address below the 12 that index MTA and UTA, by MO: the filters take 47:36, 46:35, 45:34, 43:32. */
const HASH_SHIFT = [4, 3, 2, 0] as const

/** `hashShift` of the switch, by the field MO of MCSTCTRL and RCTL. */
export function hashShift(offset: number): number {
  return HASH_SHIFT[offset & 3]
}

/** Bits of PFMRCTL and VMRCTL: pools, uplink, downlink, VLANs. */
const REFLECTED = [Mirror.pool, Mirror.uplink, Mirror.downlink, Mirror.vlan] as const

/** What a rule reflects, by its control register. */
export function mirrorKinds(control: number): number {
  return REFLECTED.reduce((kinds: number, kind, bit) => (((control >>> bit) & 1) !== 0 ? kinds | kind : kinds), 0)
}

import type { PtOp, PtStatus, RxMode } from '@npa/plugin-api/host'
import { MULTICAST_ADDRESSES_PER_VF } from './limits.js'
import { isUnicast, OWN_ADDRESS } from './mac-filters.js'
import type { MacFilters } from './mac-filters.js'
import { isMulticast } from './multicast-filters.js'
import type { MulticastFilters } from './multicast-filters.js'
import type { VfControl } from './vf-control.js'
import type { Vf } from './vf.js'
import type { VlanFilters } from './vlan-filters.js'

/** Operations that only write registers of an enabled VF. */
export type SettingOp = Extract<
  PtOp,
  { op: 'activate' | 'setMac' | 'setMulticast' | 'setRxMode' | 'addVlanRange' | 'delVlanRange' | 'setAntispoof' }
>

export interface VfSettingsParts {
  readonly macs: MacFilters
  readonly vlans: VlanFilters
  readonly multicast: MulticastFilters
  readonly control: VfControl
  /** The pool of the PF. */
  readonly pfPool: number
  readonly vfs: readonly Vf[]
}

/** What the hypervisor sets on a running VF, and the PF's own addresses: each is done when the call returns. */
export class VfSettings {
  readonly #parts: VfSettingsParts

  constructor(parts: VfSettingsParts) {
    this.#parts = parts
  }

  apply(vf: Vf, op: SettingOp): PtStatus {
    switch (op.op) {
      case 'activate':
        vf.active = true
        this.#filter(vf)
        this.#parts.control.gate(vf, true)
        return 'ok'
      case 'setMac':
        return this.#setMac(vf, op.mac)
      case 'setMulticast':
        return this.#setMulticast(vf, op.addresses)
      case 'setRxMode':
        return this.#setRxMode(vf, op.mode)
      case 'addVlanRange':
        return this.#addVlans(vf, op.first, op.last)
      case 'delVlanRange':
        return this.#delVlans(vf, op.first, op.last)
      case 'setAntispoof':
        this.#parts.control.antispoof(vf, op.enable)
        return 'ok'
    }
  }

  /** Gives up every filter of a VF. */
  clear(vf: Vf): void {
    const { macs, vlans, multicast } = this.#parts
    if (vf.macFilter >= 0) macs.free(vf.macFilter)
    for (const vlan of vf.vlans) vlans.leave(vlan, vf.index)
    multicast.replace(vf.multicastBits, [])
  }

  /** A pool that is closed has no filter: its frames would be lost at the gate. */
  #filter(vf: Vf): void {
    if (vf.active) this.#parts.control.filter(vf)
  }

  /** One filter for each VF. An address that the PF holds moves by one write; the VF's earlier one is given up after that. */
  #setMac(vf: Vf, mac: Uint8Array): PtStatus {
    const { macs, pfPool } = this.#parts
    if (!isUnicast(mac)) return 'badParam'
    const known = macs.find(mac)
    if (known >= 0 && known === vf.macFilter) return 'ok'
    if (known === OWN_ADDRESS || (known > 0 && macs.poolOf(known) !== pfPool)) return 'badParam'
    const entry = known >= 0 ? known : macs.add(mac, vf.index)
    if (entry < 0) return 'noResources'
    if (known >= 0) macs.move(known, vf.index)
    if (vf.macFilter >= 0) macs.free(vf.macFilter)
    vf.macFilter = entry
    return 'ok'
  }

  #setMulticast(vf: Vf, addresses: readonly Uint8Array[]): PtStatus {
    if (addresses.length > MULTICAST_ADDRESSES_PER_VF || !addresses.every(isMulticast)) return 'badParam'
    vf.multicastBits = this.#parts.multicast.replace(vf.multicastBits, addresses)
    return 'ok'
  }

  /** Promiscuous is not for a pool of the 82576 and 82599 (UPE came later): nothing is changed then. */
  #setRxMode(vf: Vf, mode: RxMode): PtStatus {
    if (mode.promiscuous) return 'notSupported'
    vf.mode = mode
    this.#filter(vf)
    return 'ok'
  }

  #addVlans(vf: Vf, first: number, last: number): PtStatus {
    if (!isVlanRange(first, last)) return 'badParam'
    const fresh = range(first, last).filter((vlan) => vlan !== 0 && !vf.vlans.has(vlan))
    const { vlans } = this.#parts
    if (!vlans.hasRoomFor(fresh)) return 'noResources'
    for (const vlan of fresh) {
      vlans.join(vlan, vf.index, fresh)
      vf.vlans.add(vlan)
    }
    if (first === 0) vf.untagged = true
    this.#filter(vf)
    return 'ok'
  }

  #delVlans(vf: Vf, first: number, last: number): PtStatus {
    if (!isVlanRange(first, last)) return 'badParam'
    const gone = range(first, last).filter((vlan) => vlan !== 0)
    if (!gone.every((vlan) => vf.vlans.has(vlan))) return 'badParam'
    if (first === 0) vf.untagged = false
    for (const vlan of gone) vf.vlans.delete(vlan)
    // With the last VLAN gone untagged frames come back, before the VLAN itself goes.
    this.#filter(vf)
    for (const vlan of gone) this.#parts.vlans.leave(vlan, vf.index)
    return 'ok'
  }

  /** The way back of `setMac`: one write when a VF holds the address. */
  pfAddMac(mac: Uint8Array): PtStatus {
    const { macs, pfPool } = this.#parts
    if (!isUnicast(mac)) return 'badParam'
    const known = macs.find(mac)
    if (known < 0) return macs.add(mac, pfPool) < 0 ? 'noResources' : 'ok'
    if (macs.poolOf(known) === pfPool) return 'ok'
    this.#parts.vfs[macs.poolOf(known)].macFilter = -1
    macs.move(known, pfPool)
    return 'ok'
  }

  /** Gives up an address of the PF; one that it does not hold, or its own, is left alone. */
  pfDelMac(mac: Uint8Array): PtStatus {
    const { macs, pfPool } = this.#parts
    if (!isUnicast(mac)) return 'badParam'
    const known = macs.find(mac)
    if (known > OWN_ADDRESS && macs.poolOf(known) === pfPool) macs.free(known)
    return 'ok'
  }
}

function isVlanRange(first: number, last: number): boolean {
  return Number.isInteger(first) && Number.isInteger(last) && first >= 0 && first <= last && last <= 4095
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}

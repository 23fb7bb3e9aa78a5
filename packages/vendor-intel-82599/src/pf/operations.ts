import type { Clock, Mmio } from '@npa/core'
import type { PtOp, PtResult, PtStatus, RxMode, VfInfo, VfInit, VfProperties } from '@npa/plugin-api/host'
import { DeviceInfo, PRIVATE_BYTES, RING_LAYOUT, ringBytes } from '../ring-layout.js'
import { LIMITS } from './limits.js'
import { isUnicast, OWN_ADDRESS } from './mac-filters.js'
import type { MacFilters } from './mac-filters.js'
import { isMulticast } from './multicast-filters.js'
import type { MulticastFilters } from './multicast-filters.js'
import type { Pools } from './pools.js'
import { quiesce } from './quiesce.js'
import type { VfRegisters } from './vf-registers.js'
import { NO_MODE, Vf } from './vf.js'
import type { VlanFilters } from './vlan-filters.js'

/** Name of the plugin image that drives the VFs. */
export const PLUGIN_NAME = 'intel-82599-vf'

/** The part of a VF's registers that its guest gets: interrupts, receive and transmit queues; BAR0 without its last page. */
const REGISTERS = { bar: 0, offset: 0, bytes: 0x3000 } as const

const ENABLE = { everyNs: 1_000_000, tries: 10 } as const

export interface OperationsParts {
  readonly clock: Clock
  readonly mmio: Mmio
  readonly pools: Pools
  readonly mtu: number
  /** VTEITR of the VFs. */
  readonly throttle: number
  /** Routing id of a VF. */
  readonly routingId: (vf: number) => number
  readonly macs: MacFilters
  readonly vlans: VlanFilters
  readonly multicast: MulticastFilters
  readonly registers: VfRegisters
}

type Done = (status: PtStatus, result: PtResult) => void

/** Operations on one VF that only write registers. */
type SimpleOp = Extract<
  PtOp,
  { op: 'activate' | 'setMac' | 'setMulticast' | 'setRxMode' | 'addVlanRange' | 'delVlanRange' | 'setAntispoof' }
>

/**
 * The passthrough operations (npa-plugin-api.md, section 7, after vmkapi and Broadcom's PF driver). Everything is done through the PF's own
 * registers. A VF that is not there, in the wrong state, or a parameter out of range: `badParam`; an operation on a VF that is
 * under way: `busy`.
 */
export class Operations {
  readonly vfs: readonly Vf[]
  readonly #parts: OperationsParts

  constructor(parts: OperationsParts) {
    this.#parts = parts
    this.vfs = Array.from({ length: parts.pools.vfs }, (_, index) => new Vf(index, parts.clock))
  }

  start(op: PtOp, done: Done): void {
    switch (op.op) {
      case 'acquire':
        this.#acquire(op.properties, done)
        return
      case 'pfAddMacFilter':
        done(this.#pfAddMac(op.mac), {})
        return
      case 'pfDelMacFilter':
        done(this.#pfDelMac(op.mac), {})
        return
    }
    const vf = this.vfs[op.vf] as Vf | undefined
    if (vf === undefined) {
      done('badParam', {})
      return
    }
    if (vf.busy) {
      done('busy', {})
      return
    }
    switch (op.op) {
      case 'getInfo':
        if (vf.state === 'ACQUIRED') done('ok', { info: this.#info(vf) })
        else done('badParam', {})
        return
      case 'init':
        this.#init(vf, op.init, done)
        return
      case 'quiesce':
        this.#quiesce(vf, done)
        return
      case 'release':
        this.#release(vf, done)
        return
    }
    done(vf.state === 'ENABLED' ? this.#simple(vf, op) : 'badParam', {})
  }

  /** The chip has reset a VF (VFLR): its queues are off, and their owner must know. False when nobody holds it. */
  vfWasReset(index: number): boolean {
    const vf = this.vfs[index]
    if (vf.state !== 'ENABLED') return false
    vf.state = 'RESET'
    this.#parts.registers.gate(vf, false)
    this.#parts.registers.closeFilter(vf)
    return true
  }

  #acquire(properties: VfProperties, done: Done): void {
    const { mtu, txQueues, rxQueues, interrupts } = properties
    if (![mtu, txQueues, rxQueues, interrupts].every((n) => Number.isInteger(n) && n > 0)) {
      done('badParam', {})
      return
    }
    // One MAXFRS for all: a VF cannot have longer frames than the port.
    if (mtu > this.#parts.mtu) {
      done('notSupported', {})
      return
    }
    const possible =
      txQueues <= LIMITS.queuesPerVf && rxQueues <= LIMITS.queuesPerVf && interrupts <= LIMITS.vectorsPerVf
    const vf = this.vfs.find(({ state, busy }) => state === 'FREE' && !busy)
    if (!possible || vf === undefined) {
      done('noResources', {})
      return
    }
    vf.state = 'ACQUIRED'
    vf.properties = properties
    done('ok', { vf: vf.index })
  }

  #info(vf: Vf): VfInfo {
    const pluginData = Array<number>(DeviceInfo.words).fill(0)
    pluginData[DeviceInfo.layout] = RING_LAYOUT
    pluginData[DeviceInfo.throttle] = this.#parts.throttle
    return {
      routingId: this.#parts.routingId(vf.index),
      registers: REGISTERS,
      pluginName: PLUGIN_NAME,
      pluginData,
      sharedBytes: 0,
      privateBytes: PRIVATE_BYTES,
    }
  }

  #init(vf: Vf, init: VfInit, done: Done): void {
    const { properties } = vf
    if (vf.state !== 'ACQUIRED' || properties === undefined || !fits(init, properties)) {
      done('badParam', {})
      return
    }
    const { registers } = this.#parts
    vf.busy = true
    vf.init = init
    vf.mode = NO_MODE
    registers.program(vf, init, properties.features.rxVlanStrip)
    vf.waiter.until(
      () => registers.queuesOn(vf, init),
      ENABLE.everyNs,
      ENABLE.tries,
      (ok) => {
        vf.busy = false
        vf.state = 'ENABLED'
        if (ok) done('ok', {})
        else this.#release(vf, () => done('failure', {}))
      },
    )
  }

  #quiesce(vf: Vf, done: Done): void {
    const { init } = vf
    if (init === undefined || (vf.state !== 'ENABLED' && vf.state !== 'RESET')) {
      done('ok', { unfetchedTxFrames: 0, untakenRxFrames: 0 })
      return
    }
    vf.busy = true
    quiesce(this.#parts.mmio, this.#parts.registers, vf, init, (ok, remainder) => {
      vf.busy = false
      vf.state = ok ? 'ACQUIRED' : 'RESET'
      done(ok ? 'ok' : 'failure', remainder)
    })
  }

  #release(vf: Vf, done: Done): void {
    if (vf.state === 'ENABLED') {
      this.#quiesce(vf, () => {
        this.#clean(vf)
        done('ok', {})
      })
      return
    }
    if (vf.state !== 'FREE') this.#clean(vf)
    done('ok', {})
  }

  #clean(vf: Vf): void {
    const { macs, vlans, multicast, registers } = this.#parts
    if (vf.macFilter >= 0) macs.free(vf.macFilter)
    for (const vlan of vf.vlans) vlans.leave(vlan, vf.index)
    multicast.replace(vf.multicastBits, [])
    registers.clear(vf)
    vf.forget()
  }

  #simple(vf: Vf, op: SimpleOp): PtStatus {
    switch (op.op) {
      case 'activate':
        vf.active = true
        this.#filter(vf)
        this.#parts.registers.gate(vf, true)
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
        this.#parts.registers.antispoof(vf, op.enable)
        return 'ok'
    }
  }

  /** A pool that is closed has no filter: its frames would be lost at the gate. */
  #filter(vf: Vf): void {
    if (vf.active) this.#parts.registers.filter(vf)
  }

  /** One filter for each VF. An address that the PF holds moves by one write; the VF's earlier one is given up after that. */
  #setMac(vf: Vf, mac: Uint8Array): PtStatus {
    const { macs, pools } = this.#parts
    if (!isUnicast(mac)) return 'badParam'
    const known = macs.find(mac)
    if (known >= 0 && known === vf.macFilter) return 'ok'
    if (known === OWN_ADDRESS || (known > 0 && macs.poolOf(known) !== pools.pf)) return 'badParam'
    const entry = known >= 0 ? known : macs.add(mac, vf.index)
    if (entry < 0) return 'noResources'
    if (known >= 0) macs.move(known, vf.index)
    if (vf.macFilter >= 0) macs.free(vf.macFilter)
    vf.macFilter = entry
    return 'ok'
  }

  #setMulticast(vf: Vf, addresses: readonly Uint8Array[]): PtStatus {
    if (addresses.length > LIMITS.multicastAddressesPerVf || !addresses.every(isMulticast)) return 'badParam'
    vf.multicastBits = this.#parts.multicast.replace(vf.multicastBits, addresses)
    return 'ok'
  }

  /** Promiscuous is not for a pool of the 82599 (UPE came later): nothing is changed then. */
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
      vlans.join(vlan, vf.index)
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
  #pfAddMac(mac: Uint8Array): PtStatus {
    const { macs, pools } = this.#parts
    if (!isUnicast(mac)) return 'badParam'
    const known = macs.find(mac)
    if (known < 0) return macs.add(mac, pools.pf) < 0 ? 'noResources' : 'ok'
    if (macs.poolOf(known) === pools.pf) return 'ok'
    this.vfs[macs.poolOf(known)].macFilter = -1
    macs.move(known, pools.pf)
    return 'ok'
  }

  /** Gives up an address of the PF; one that it does not hold, or its own, is left alone. */
  #pfDelMac(mac: Uint8Array): PtStatus {
    const { macs, pools } = this.#parts
    if (!isUnicast(mac)) return 'badParam'
    const known = macs.find(mac)
    if (known > OWN_ADDRESS && macs.poolOf(known) === pools.pf) macs.free(known)
    return 'ok'
  }
}

/** Whether an initialisation is one that the VF was acquired for, and its rings are ones the chip can have, inside the window. */
function fits(init: VfInit, properties: VfProperties): boolean {
  const windowBytes = init.window.length * 4
  return (
    init.tx.length >= 1 &&
    init.tx.length <= properties.txQueues &&
    init.rx.length >= 1 &&
    init.rx.length <= properties.rxQueues &&
    init.interrupts >= 1 &&
    init.interrupts <= properties.interrupts &&
    init.mtu >= LIMITS.mtuMin &&
    init.mtu <= properties.mtu &&
    [...init.tx, ...init.rx].every((ring) => {
      const bytes = ringBytes(ring.size)
      return (
        bytes > 0 &&
        ring.bytes >= bytes &&
        (ring.lo & 0x7f) === 0 &&
        ring.offset >= 0 &&
        (ring.offset & 3) === 0 &&
        ring.offset + bytes <= windowBytes &&
        ring.interrupt >= 0 &&
        ring.interrupt < init.interrupts
      )
    })
  )
}

function isVlanRange(first: number, last: number): boolean {
  return Number.isInteger(first) && Number.isInteger(last) && first >= 0 && first <= last && last <= 4095
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i)
}

import type { Clock, Mmio } from '@npa/core'
import type { PtOp, PtResult, PtStatus, VfInfo, VfInit, VfProperties } from '@npa/plugin-api/host'
import { DeviceInfo, PRIVATE_BYTES, RING_LAYOUT } from '../ring-layout.js'
import { fits } from './init-check.js'
import { LIMITS } from './limits.js'
import type { MacFilters } from './mac-filters.js'
import type { MulticastFilters } from './multicast-filters.js'
import type { Pools } from './pools.js'
import { quiesce } from './quiesce.js'
import type { VfRegisters } from './vf-registers.js'
import { VfSettings } from './vf-settings.js'
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

/**
 * The passthrough operations (npa-plugin-api.md, section 7, after vmkapi and Broadcom's PF driver). Everything is done through the PF's own
 * registers. A VF that is not there, in the wrong state, or a parameter out of range: `badParam`; an operation on a VF that is
 * under way: `busy`.
 */
export class Operations {
  readonly vfs: readonly Vf[]
  readonly #parts: OperationsParts
  readonly #settings: VfSettings

  constructor(parts: OperationsParts) {
    this.#parts = parts
    this.vfs = Array.from({ length: parts.pools.vfs }, (_, index) => new Vf(index, parts.clock))
    this.#settings = new VfSettings({ ...parts, pfPool: parts.pools.pf, vfs: this.vfs })
  }

  start(op: PtOp, done: Done): void {
    switch (op.op) {
      case 'acquire':
        this.#acquire(op.properties, done)
        return
      case 'pfAddMacFilter':
        done(this.#settings.pfAddMac(op.mac), {})
        return
      case 'pfDelMacFilter':
        done(this.#settings.pfDelMac(op.mac), {})
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
    done(vf.state === 'ENABLED' ? this.#settings.apply(vf, op) : 'badParam', {})
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
    this.#settings.clear(vf)
    this.#parts.registers.clear(vf)
    vf.forget()
  }
}

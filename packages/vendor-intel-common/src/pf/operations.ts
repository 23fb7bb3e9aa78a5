import type { Clock } from '@npa/core'
import type { PtOp, PtResult, PtStatus, VfInfo, VfInit, VfProperties } from '@npa/plugin-api/host'
import { DeviceInfo, PRIVATE_BYTES, RING_LAYOUT } from '../layout/index.js'
import { fits } from './init-check.js'
import type { PfLimits } from './limits.js'
import type { MacFilters } from './mac-filters.js'
import type { MulticastFilters } from './multicast-filters.js'
import type { PacketBuffer } from './packet-buffer.js'
import { quiesce } from './quiesce.js'
import type { VfControl } from './vf-control.js'
import type { VfQueues } from './vf-queues.js'
import { VfSettings } from './vf-settings.js'
import { NO_MODE, Vf } from './vf.js'
import type { VlanFilters } from './vlan-filters.js'

/** What a hypervisor is told of a chip's VFs. */
export interface VfDescription {
  /** Name of the chip, for timers. */
  readonly chip: string
  /** Name of the plugin image that drives them. */
  readonly pluginName: string
  /** The part of a VF's registers that its guest gets. */
  readonly registers: VfInfo['registers']
  readonly limits: PfLimits
}

const ENABLE = { everyNs: 1_000_000, tries: 10 } as const

export interface OperationsParts {
  readonly clock: Clock
  readonly description: VfDescription
  /** Virtual functions that there are, and the pool of the PF. */
  readonly vfs: number
  readonly pfPool: number
  readonly mtu: number
  /** VTEITR of the VFs, in the chip's unit. */
  readonly throttle: number
  /** Routing id of a VF. */
  readonly routingId: (vf: number) => number
  readonly macs: MacFilters
  readonly vlans: VlanFilters
  readonly multicast: MulticastFilters
  readonly buffer: PacketBuffer
  readonly control: VfControl
  readonly queues: VfQueues
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
    const { clock, description, vfs } = parts
    this.vfs = Array.from({ length: vfs }, (_, index) => new Vf(index, clock, description.chip))
    this.#settings = new VfSettings({ ...parts, vfs: this.vfs })
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
    this.#parts.control.gate(vf, false)
    this.#parts.control.closeFilter(vf)
    return true
  }

  #acquire(properties: VfProperties, done: Done): void {
    const { mtu, txQueues, rxQueues, interrupts } = properties
    if (![mtu, txQueues, rxQueues, interrupts].every((n) => Number.isInteger(n) && n > 0)) {
      done('badParam', {})
      return
    }
    // A VF cannot have longer frames than the port.
    if (mtu > this.#parts.mtu) {
      done('notSupported', {})
      return
    }
    const { queuesPerVf, vectorsPerVf } = this.#parts.description.limits
    const possible = txQueues <= queuesPerVf && rxQueues <= queuesPerVf && interrupts <= vectorsPerVf
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
    const { description } = this.#parts
    const pluginData = Array<number>(DeviceInfo.words).fill(0)
    pluginData[DeviceInfo.layout] = RING_LAYOUT
    pluginData[DeviceInfo.throttle] = this.#parts.throttle
    return {
      routingId: this.#parts.routingId(vf.index),
      registers: description.registers,
      pluginName: description.pluginName,
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
    const { control, queues } = this.#parts
    vf.busy = true
    vf.init = init
    vf.mode = NO_MODE
    control.program(vf, init)
    queues.start(vf, init, properties.features.rxVlanStrip)
    vf.waiter.until(
      () => queues.on(vf, init),
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
    quiesce(this.#parts, vf, init, (ok, remainder) => {
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
    this.#parts.control.clear(vf)
    this.#parts.queues.clear(vf)
    vf.forget()
  }
}

import type { Clock } from '@npa/core'
import type { RxMode, VfInit, VfProperties } from '@npa/plugin-api/host'
import { Waiter } from './waiter.js'

/**
 * FREE: nobody's. ACQUIRED: held, its queues off. ENABLED: its queues are programmed and, once activated, open. RESET: its guest
 * reset it; its queues are off, and only quiesce and release are of use.
 */
export type VfState = 'FREE' | 'ACQUIRED' | 'ENABLED' | 'RESET'

/** What a pool takes before it is told: frames for its address. */
export const NO_MODE: RxMode = {
  unicast: true,
  multicast: false,
  broadcast: false,
  allMulticast: false,
  promiscuous: false,
}

/** What the PF driver knows of one virtual function. */
export class Vf {
  readonly index: number
  readonly waiter: Waiter
  state: VfState = 'FREE'
  /** An operation is under way. */
  busy = false
  /** VFRE and VFTE are open. */
  active = false
  properties: VfProperties | undefined
  init: VfInit | undefined
  /** Its entry of the exact-match filters, or -1. */
  macFilter = -1
  readonly vlans: Set<number> = new Set<number>()
  /** Untagged frames were asked for along with VLANs. */
  untagged = false
  multicastBits: readonly number[] = []
  mode: RxMode = NO_MODE

  /** `chip` names its timer. */
  constructor(index: number, clock: Clock, chip: string) {
    this.index = index
    this.waiter = new Waiter(clock, `${chip}.vf${index}`)
  }

  /** Everything as before it was acquired. */
  forget(): void {
    this.state = 'FREE'
    this.active = false
    this.properties = undefined
    this.init = undefined
    this.macFilter = -1
    this.vlans.clear()
    this.untagged = false
    this.multicastBits = []
    this.mode = NO_MODE
  }
}

import type { Clock, Counters, TaskSource } from '@npa/core'
import type { Arena } from '@npa/memory'
import type { PciFunction } from '@npa/pci'
import type { PluginMain } from '@npa/plugin-api/guest'
import type { Port } from '@npa/wire'
import type { IntelPf, IntelPfOptions, Misbehaviour } from '../pf/index.js'

/** A model of a NIC, as far as its tests look at it. */
export interface ModelledNic {
  readonly pf: PciFunction
  readonly wire: Port
  readonly counters: Counters
  readonly inFlight: number
}

/** A vendor's package and the model of its chip. */
export interface VendorUnderTest {
  readonly rateBps: number
  readonly main: PluginMain
  readonly nic: (parts: {
    readonly arena: Arena
    readonly scheduler: Clock & TaskSource
    readonly name: string
    readonly mac: Uint8Array
  }) => ModelledNic
  readonly driver: (options: IntelPfOptions) => IntelPf
  /** By which write a guest resets its VF: offset in its BAR0, and value. */
  readonly vfReset: readonly [offset: number, value: number]
  /** Transmit tail of the VF's queue 0. */
  readonly vfTxTail: number
  /** What the chip tells of a queue that it stopped, beside why. */
  readonly tellsOf: (pool: number, direction: 'rx' | 'tx') => Partial<Misbehaviour>
}

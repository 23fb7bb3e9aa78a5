import type { Clock, Counters, TaskSource } from '@npa/core'
import type { UplinkDriver } from '@npa/hypervisor'
import type { Arena } from '@npa/memory'
import type { PciFunction } from '@npa/pci'
import { createIntel82576 } from '@npa/sriov-nic/intel-82576'
import { createIntel82599 } from '@npa/sriov-nic/intel-82599'
import { pluginImage as image82576 } from '@npa/vendor-intel-82576/image'
import { Intel82576Pf } from '@npa/vendor-intel-82576/pf'
import type { IntelPfOptions } from '@npa/vendor-intel-82576/pf'
import { pluginImage as image82599 } from '@npa/vendor-intel-82599/image'
import { Intel82599Pf } from '@npa/vendor-intel-82599/pf'
import type { Port } from '@npa/wire'
import type { NicModelName } from './schema/nic-models.js'

/** A card as a host and a cable see it, and its counters. */
interface NicModel {
  readonly create: (parts: {
    readonly arena: Arena
    readonly scheduler: Clock & TaskSource
    readonly name: string
    readonly mac: Uint8Array
    /** Where the chip takes its own time, as in real time, nothing is added. */
    readonly timing?: { readonly dmaLatencyNs?: number }
  }) => {
    readonly pf: PciFunction
    readonly wire: Port
    readonly counters: Counters
    /** The far end's carrier came or went. */
    linkChanged(): void
  }
  /** The vendor's PF driver. */
  readonly bind: (options: IntelPfOptions) => UplinkDriver
  /** The vendor's plugin. A host has those of all cards: which one a VF needs says its PF driver. */
  readonly image: () => Uint8Array
}

/** What a scenario's hosts can have: a model of a chip and its vendor's parts. Nothing else in a simulation knows the chips. */
export const NICS: Readonly<Record<NicModelName, NicModel>> = {
  'intel-82599': {
    create: createIntel82599,
    bind: (options) => new Intel82599Pf(options),
    image: image82599,
  },
  'intel-82576': {
    create: createIntel82576,
    bind: (options) => new Intel82576Pf(options),
    image: image82576,
  },
}

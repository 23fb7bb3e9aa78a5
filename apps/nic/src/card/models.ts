import type { Clock, Counters, TaskSource } from '@npa/core'
import { BurstPort } from '@npa/link-partner'
import type { Arena } from '@npa/memory'
import type { PciFunction } from '@npa/pci'
import { createIntel82576Card, registerNames as names82576 } from '@npa/sriov-nic/intel-82576'
import { createIntel82599Card, registerNames as names82599 } from '@npa/sriov-nic/intel-82599'
import { Vmxnet3Device } from '@npa/vmxnet3-device'
import type { Port } from '@npa/wire'
import { VIEW_82576, VIEW_82599 } from './driver-view.js'
import type { DriverView } from './driver-view.js'
import { namesVmxnet3 } from './names-vmxnet3.js'

/** What a model is made with. */
interface ModelParts {
  readonly arena: Arena
  readonly scheduler: Clock & TaskSource
  /** Of the first port. */
  readonly mac: Uint8Array
  /** Virtual functions that each port can have. */
  readonly vfs: number
  readonly ports: number
}

/** One port of a model: an adapter with a cable. */
export interface ModelPort {
  readonly pf: PciFunction
  /** The socket for the cable: what stands at the far end connects to it. */
  readonly wire: Port
  readonly counters: Counters
  /** Turns the port on or off, as pulling the cable at the card does. */
  setLink(on: boolean): void
  /** Says that the far end's `up` has changed. */
  linkChanged(far: boolean): void
}

/** A card that can be served. */
export interface Model {
  /** As people call it. */
  readonly title: string
  /** Most virtual functions of a port that fit on bus 0 beside the rest of a q35, 0 for a card without them. */
  readonly mostVfs: number
  readonly mostPorts: number
  readonly arenaBytes: number
  /** Linux's drivers for its functions. */
  readonly drivers: { readonly pf: string; readonly vf?: string }
  /** Names of registers by BAR and offset. */
  readonly names: (of: 'pf' | 'vf') => (bar: number, offset: number) => string | undefined
  /** Where the driver's registers are that faults and traces look at; only of Intel's. */
  readonly view?: DriverView
  /** Counters of the card that are losses. */
  readonly losses: RegExp
  readonly create: (parts: ModelParts) => readonly ModelPort[]
}

const inBar0 =
  (names: (of: 'pf' | 'vf') => ReadonlyMap<number, string>) =>
  (of: 'pf' | 'vf'): ((bar: number, offset: number) => string | undefined) => {
    const known = names(of)
    return (bar, offset) => (bar === 0 ? known.get(offset & ~3) : undefined)
  }

const LOSSES = /^drop\./

export const MODELS = {
  'intel-82599': {
    title: 'Intel 82599',
    mostVfs: 52,
    mostPorts: 2,
    arenaBytes: 64 << 20,
    drivers: { pf: 'ixgbe', vf: 'ixgbevf' },
    names: inBar0(names82599),
    view: VIEW_82599,
    losses: LOSSES,
    create: ({ arena, scheduler, mac, vfs, ports }) =>
      createIntel82599Card({ arena, scheduler, name: '82599', mac, numVfsMax: Math.max(vfs, 1) }, ports),
  },
  'intel-82576': {
    title: 'Intel 82576',
    mostVfs: 8,
    mostPorts: 2,
    arenaBytes: 64 << 20,
    drivers: { pf: 'igb', vf: 'igbvf' },
    names: inBar0(names82576),
    view: VIEW_82576,
    losses: LOSSES,
    create: ({ arena, scheduler, mac, vfs, ports }) =>
      createIntel82576Card({ arena, scheduler, name: '82576', mac, numVfsMax: Math.max(vfs, 1) }, ports),
  },
  vmxnet3: {
    title: 'VMware vmxnet3',
    mostVfs: 0,
    mostPorts: 1,
    arenaBytes: 64 << 20,
    drivers: { pf: 'vmxnet3' },
    names: () => namesVmxnet3,
    losses: /^(rxNotReady|tx(?!Frames))/,
    create: ({ arena, scheduler, mac }) => {
      const fn = new Vmxnet3Device({ name: 'vmxnet3', arena, tasks: scheduler, mac })
      let far = true
      let on = true
      const apply = (): void => {
        fn.linkUp = far && on
      }
      return [
        {
          pf: fn,
          wire: new BurstPort(arena, scheduler, fn.port),
          counters: fn.counters,
          setLink: (up) => {
            on = up
            apply()
          },
          linkChanged: (up) => {
            far = up
            apply()
          },
        },
      ]
    },
  },
} as const satisfies Record<string, Model>

/** Names one of `MODELS`. */
export type ModelName = keyof typeof MODELS

export const modelNames: readonly ModelName[] = ['intel-82599', 'intel-82576', 'vmxnet3']

import type { Mmio } from '@npa/core'
import type { AddressSpace, Arena } from '@npa/memory'
import type { MsiTarget } from '@npa/pci'
import type { RxMode } from '@npa/plugin-api/host'
import type { GuestMemory } from './guest-memory.js'
import type { SwitchPort } from './switch-port.js'
import type { GuestVector } from './vf-vectors.js'

/** What the passthrough control needs of the emulated NIC. */
export interface EmulatedNic {
  /** Sets event bits and fires the event vector. */
  raiseEvent(bits: number): void
  /** The guest's MSI-X entry of a vector. */
  vector(vector: number): GuestVector
  /** Receive filters as the guest's driver set them. */
  readonly rxMode: RxMode
  readonly multicast: readonly Uint8Array[]
  /** VLAN ids that the guest wants; empty when it filters none. */
  readonly vlans: readonly number[]
  /** Ends the emulated data path: no DMA into guest memory after it. */
  stopDataPath(): void
}

/** The register pages of a VF that a guest gets. */
export interface VfPages {
  readonly registers: Mmio
  readonly routingId: number
  readonly bar: number
}

/** One VM as the passthrough control sees it. */
export interface PassthroughVm {
  readonly name: string
  /** The address that its driver uses, six bytes. */
  mac: Uint8Array
  readonly mtu: number
  readonly arena: Arena
  readonly space: AddressSpace
  readonly memory: GuestMemory
  /** Where posted interrupts go. */
  readonly interrupts: MsiTarget
  readonly port: SwitchPort
  readonly nic: EmulatedNic
  /** Puts a VF's registers behind BAR4, or takes them away: no access of the guest reaches them after that. */
  mapVf(vf: VfPages | undefined): void
  /** Backs guest-physical pages with the VM's own RAM again. */
  backWithRam(start: number, bytes: number): void
  /** The filters have just moved: frames take the other path from this instant on. */
  moved(to: ModeSwitch['to']): void
}

/** One switch between the paths, as it went. */
export interface ModeSwitch {
  readonly from: 'emulated' | 'passthrough'
  readonly to: 'emulated' | 'passthrough'
  readonly forced: boolean
  /** When it was asked for, when the filters moved, and when the new path carried the frames; virtual ns. */
  readonly requestedNs: number
  readonly movedNs: number
  readonly doneNs: number
  readonly framesHeld: number
  readonly framesDropped: number
}

import type { Hub } from '@npa/link-partner'
import type { ServeOptions } from '@npa/vfio-user'

/** A device plugged into a guest, its cable into a hub. */
export interface Plugged {
  /** For QEMU's command line. */
  readonly arguments: readonly string[]
  readonly hub: Hub
  /** For the command line of the QEMU that has what is handed to another machine, where that can be. */
  readonly handed?: readonly string[] | undefined
  /** What the device counted, where it tells; `drop.…` are frames that it lost. */
  readonly counters?: () => Readonly<Record<string, number>>
  /** What its virtual functions agreed on with the physical one, where it listens: a line for each. */
  readonly agreed?: () => readonly string[]
  /** Pulls the cable, or puts it back, where that can be done. */
  readonly setLink?: (on: boolean) => void
  close(): Promise<void> | void
}

/** The guest's memory, as a server of ours is told of it. */
export type GuestRam = Pick<ServeOptions, 'memory' | 'accelerator'>

/** Where a device for one boot may put its files, and where the guest's memory is. */
export interface Place {
  readonly folder: string
  readonly ram: GuestRam
  readonly memoryMib: number
  /** Virtual functions that there can be. */
  readonly vfs: number
  /** One of them that another machine is to have, and the file of that one's memory; undefined: its descriptor is sent. */
  readonly handed: { readonly vf: number; readonly memory: string | undefined } | undefined
}

/** A device to be judged, or the reference that others are measured by. */
export interface JudgedDevice {
  /** As rows call it. */
  readonly name: string
  readonly plug: (place: Place) => Promise<Plugged>
}

/** Other people's devices are what ours are measured by: their faults are shown, and are nobody's here. */
export function isReference(name: string): boolean {
  return name.startsWith('qemu ')
}

/** The guest's address on every device. */
export const GUEST_MAC = '52:54:00:12:34:56'

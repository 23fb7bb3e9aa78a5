import type { InterruptController } from './interrupt-controller.js'
import type { MsiMessage } from './msi-message.js'
import type { MsiTarget } from './pci-function.js'

/** What an entry does with a message of its requester. */
export interface RemappingEntry {
  readonly requester: number
  /** Nobody while the entry is absent. */
  readonly target: MsiTarget | undefined
  /** Goes straight to a guest. */
  readonly posted: boolean
  readonly addressLo: number
  readonly addressHi: number
  readonly data: number
}

interface Entry {
  readonly requester: number
  target: MsiTarget | undefined
  posted: boolean
  addressLo: number
  addressHi: number
  data: number
}

const FORMAT = 1 << 4
const SUBHANDLE_VALID = 1 << 3

/** The handle that a message names, or -1 when it is not in the remappable format. */
export function remappingHandle(addressLo: number, addressHi: number, data: number): number {
  if (addressHi !== 0 || addressLo >>> 20 !== 0xfee || (addressLo & FORMAT) === 0) return -1
  const base = ((addressLo >>> 5) & 0x7fff) | ((addressLo & 4) << 13)
  return (addressLo & SUBHANDLE_VALID) === 0 ? base : base + (data & 0xffff)
}

/**
 * The interrupt remapping table of a host's IOMMU, in the message format of Intel VT-d (3.0, 5.1.2): the handle stands in
 * address bits 19:5 and 2. Each entry belongs to one requester; a message that names another's, an absent one, or is not in
 * the format, is a fault.
 */
export class InterruptRemapping {
  readonly #entries: (Entry | undefined)[]
  #follower: (handle: number, entry: RemappingEntry | undefined) => void = nobody
  /** Messages refused. */
  faults = 0
  /** Messages delivered to the host, and straight to a guest. */
  toHost = 0
  posted = 0

  /** `entries` is at most 65536. */
  constructor(entries = 65536) {
    this.#entries = new Array<Entry | undefined>(Math.min(entries, 65536)).fill(undefined)
  }

  /**
   * Calls `changed` with every entry that is set, cleared or freed (then without it), before that returns: for whoever keeps a copy
   * of the table where the messages come from. One follower at a time.
   */
  follow(changed: (handle: number, entry: RemappingEntry | undefined) => void): void {
    this.#follower = changed
  }

  /** Handles that are out, for leak checks. */
  get inUse(): number {
    return this.#entries.reduce((n, entry) => n + (entry === undefined ? 0 : 1), 0)
  }

  /** An absent entry for a requester; its handle. Throws a `RangeError` when the table is full. */
  allocate(requester: number): number {
    const handle = this.#entries.indexOf(undefined)
    if (handle < 0) throw new RangeError('interrupt remapping: the table is full')
    this.#entries[handle] = { requester, target: undefined, posted: false, addressLo: 0, addressHi: 0, data: 0 }
    return handle
  }

  /** Throws an `Error` when the handle is not out, as the calls below do. */
  free(handle: number): void {
    this.#entry(handle)
    this.#entries[handle] = undefined
    this.#follower(handle, undefined)
  }

  /** What the device sends to select the entry. */
  messageOf(handle: number): MsiMessage {
    const addressLo = (0xfee00000 | ((handle & 0x7fff) << 5) | FORMAT | ((handle >>> 15) << 2)) >>> 0
    return { addressLo, addressHi: 0, data: 0 }
  }

  /** Delivers the entry to a vector of the host's interrupt controller. */
  toVector(handle: number, controller: InterruptController, vector: number): void {
    this.#route(handle, controller, false, controller.messageOf(vector))
  }

  /** Delivers the entry as another message, straight to a guest's interrupt controller: no hypervisor code runs. */
  post(handle: number, target: MsiTarget, addressLo: number, addressHi: number, data: number): void {
    this.#route(handle, target, true, { addressLo, addressHi, data })
  }

  /** Makes the entry absent again. */
  clear(handle: number): void {
    const entry = this.#entry(handle)
    entry.target = undefined
    this.#follower(handle, entry)
  }

  /** A message from a requester. */
  message(requester: number, addressLo: number, addressHi: number, data: number): void {
    const entry = this.#entries[remappingHandle(addressLo, addressHi, data)]
    if (entry?.target === undefined || entry.requester !== requester) {
      this.faults++
      return
    }
    if (entry.posted) this.posted++
    else this.toHost++
    entry.target.message(entry.addressLo, entry.addressHi, entry.data)
  }

  #route(handle: number, target: MsiTarget, posted: boolean, message: MsiMessage): void {
    const entry = this.#entry(handle)
    entry.target = target
    entry.posted = posted
    entry.addressLo = message.addressLo
    entry.addressHi = message.addressHi
    entry.data = message.data
    this.#follower(handle, entry)
  }

  #entry(handle: number): Entry {
    const entry = this.#entries[handle]
    if (entry === undefined) throw new Error(`interrupt remapping: handle ${handle} is not allocated`)
    return entry
  }
}

function nobody(): void {
  /* nobody keeps a copy of the table */
}

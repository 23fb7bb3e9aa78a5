import type { InterruptController } from './interrupt-controller.js'
import type { MsiMessage } from './msi-message.js'
import type { MsiTarget } from './pci-function.js'

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

/**
 * The interrupt remapping table of a host's IOMMU, in the message format of Intel VT-d (3.0, 5.1.2): the handle stands in
 * address bits 19:5 and 2. Each entry belongs to one requester; a message that names another's, an absent one, or is not in
 * the format, is a fault.
 */
export class InterruptRemapping {
  readonly #entries: (Entry | undefined)[]
  /** Messages refused. */
  faults = 0
  /** Messages delivered to the host, and straight to a guest. */
  toHost = 0
  posted = 0

  /** `entries` is at most 65536. */
  constructor(entries = 65536) {
    this.#entries = new Array<Entry | undefined>(Math.min(entries, 65536)).fill(undefined)
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
    this.#entry(handle).target = undefined
  }

  /** A message from a requester. */
  message(requester: number, addressLo: number, addressHi: number, data: number): void {
    const format = addressHi === 0 && addressLo >>> 20 === 0xfee && (addressLo & FORMAT) !== 0
    const base = ((addressLo >>> 5) & 0x7fff) | ((addressLo & 4) << 13)
    const handle = (addressLo & SUBHANDLE_VALID) === 0 ? base : base + (data & 0xffff)
    const entry = format ? this.#entries[handle] : undefined
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
  }

  #entry(handle: number): Entry {
    const entry = this.#entries[handle]
    if (entry === undefined) throw new Error(`interrupt remapping: handle ${handle} is not allocated`)
    return entry
  }
}

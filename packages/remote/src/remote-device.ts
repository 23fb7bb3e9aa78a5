import type { ResetKind } from '@npa/core'
import { IommuPort, PAGE } from '@npa/memory'
import type { AddressSpace, Dma } from '@npa/memory'
import type { MsiTarget, PciFunction } from '@npa/pci'
import { Op, RESET_KINDS, WRITABLE } from './ops.js'
import type { RequestClient } from './request-link.js'

/** Which register writes are posted. Others wait until the device has carried them out, as a trapped access does. */
export type PostedBars = (bar: number) => boolean

/**
 * A device in another thread as its bus sees it: its physical function, and the virtual ones while they exist. Register writes are posted,
 * reads and configuration accesses wait for the answer. A change of what the device may reach is done there before it is done here.
 */
export class RemoteDevice {
  readonly pf: PciFunction
  readonly #functions: RemoteFunction[] = []
  readonly #vfs: () => number
  readonly #make: (number: number) => RemoteFunction
  #present = 0

  /** `vfs` tells how many virtual functions there are now; the device says so before it answers. */
  constructor(client: RequestClient, posted: PostedBars, vfs: () => number) {
    this.#vfs = vfs
    this.#make = (number) => new RemoteFunction(client, number, posted, () => this.#look())
    const pf = this.#make(0)
    this.pf = pf
    this.#functions.push(pf)
  }

  /** A message of a function's. */
  message(from: number, addressLo: number, addressHi: number, data: number): void {
    const fn = this.#functions[from] as RemoteFunction | undefined
    fn?.msi?.message(addressLo, addressHi, data)
  }

  /** VFs came or went. */
  #look(): void {
    const present = this.#vfs()
    if (present === this.#present) return
    this.#present = present
    while (this.#functions.length <= present) this.#functions.push(this.#make(this.#functions.length))
    this.#functions[0].vfsChanged(this.#functions.slice(1, present + 1))
  }
}

/** One function of a remote device. */
class RemoteFunction implements PciFunction {
  msi: MsiTarget | undefined
  vfsChanged: (vfs: readonly PciFunction[]) => void = () => undefined
  readonly #client: RequestClient
  readonly #number: number
  readonly #posted: PostedBars
  readonly #answered: () => void

  constructor(client: RequestClient, number: number, posted: PostedBars, answered: () => void) {
    this.#client = client
    this.#number = number
    this.#posted = posted
    this.#answered = answered
  }

  configRead(offset: number, size: 1 | 2 | 4): number {
    return sized(this.#client.call(Op.configRead, this.#number, offset, size, 0, 0, 0), size)
  }

  configWrite(offset: number, size: 1 | 2 | 4, value: number): void {
    this.#client.call(Op.configWrite, this.#number, offset, size, value, 0, 0)
    this.#answered()
  }

  barRead(bar: number, offset: number, size: 1 | 2 | 4): number {
    return sized(this.#client.call(Op.barRead, this.#number, bar, offset, size, 0, 0), size)
  }

  barWrite(bar: number, offset: number, size: 1 | 2 | 4, value: number): void {
    if (this.#posted(bar)) this.#client.post(Op.barWrite, this.#number, bar, offset, size, value, 0)
    else this.#client.call(Op.barWrite, this.#number, bar, offset, size, value, 0)
  }

  /** `dma` is an `IommuPort`, whose map is followed: the device keeps a copy. Throws a `TypeError` on another. */
  attach(dma: Dma, msi: MsiTarget, vfsChanged: (vfs: readonly PciFunction[]) => void): void {
    if (!(dma instanceof IommuPort)) throw new TypeError('a function in another thread needs an IommuPort')
    this.msi = msi
    this.vfsChanged = vfsChanged
    dma.follow((space) => this.#sendMap(space))
  }

  reset(kind: ResetKind): void {
    this.#client.call(Op.reset, this.#number, RESET_KINDS.indexOf(kind), 0, 0, 0, 0)
    this.#answered()
  }

  /** When this returns the device uses the new map and no other. */
  #sendMap(space: AddressSpace | undefined): void {
    const client = this.#client
    client.post(Op.mapBegin, this.#number, 0, 0, 0, 0, 0)
    for (const { start, end, at, writable } of space?.ranges ?? []) {
      const page = at / PAGE + (writable ? WRITABLE : 0)
      client.post(
        Op.mapRange,
        this.#number,
        start | 0,
        Math.floor(start / 4294967296),
        (end - start) / PAGE,
        page | 0,
        0,
      )
    }
    client.call(Op.mapEnd, this.#number, space === undefined ? 0 : 1, 0, 0, 0, 0)
  }
}

function sized(value: number, size: 1 | 2 | 4): number {
  return size === 4 ? value >>> 0 : value & (size === 2 ? 0xffff : 0xff)
}

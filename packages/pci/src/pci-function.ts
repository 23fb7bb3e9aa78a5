import type { ResetKind } from '@npa/core'
import type { Dma } from '@npa/memory'

/** Where a message-signalled interrupt goes: a memory write of `data` to an address. It never runs a handler inside the call. */
export interface MsiTarget {
  message(addressLo: number, addressHi: number, data: number): void
}

/**
 * One PCI function, as the bus sees it: what a root complex, a vfio-user server or a test drives. Accesses are of 1, 2 or 4
 * bytes, values unsigned; an 8-byte access is two, low first. Accesses beyond a region read all ones and write nothing.
 */
export interface PciFunction {
  configRead(offset: number, size: 1 | 2 | 4): number
  configWrite(offset: number, size: 1 | 2 | 4, value: number): void
  barRead(bar: number, offset: number, size: 1 | 2 | 4): number
  barWrite(bar: number, offset: number, size: 1 | 2 | 4, value: number): void
  /** Plugs the function in. `vfsChanged` is called with the virtual functions that exist now, when that changes. */
  attach(dma: Dma, msi: MsiTarget, vfsChanged: (vfs: readonly PciFunction[]) => void): void
  reset(kind: ResetKind): void
}

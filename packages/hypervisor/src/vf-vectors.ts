import type { Mmio } from '@npa/core'
import { Capability, disableMsix, enableMsix, findCapability, MsixCap } from '@npa/pci'
import type { MsiTarget, RootComplex } from '@npa/pci'

/** A vector of the guest's vmxnet3 as its driver programmed it. */
export interface GuestVector {
  readonly addressLo: number
  readonly addressHi: number
  readonly data: number
  readonly masked: boolean
}

/**
 * Routes a VF's vector i to the guest's vmxnet3 vector i: the VF's own MSI-X table, which stays with the host, sends to entries of the
 * remapping table, and these post the guest's message straight to its interrupt controller.
 */
export class VfVectors {
  readonly #root: RootComplex
  readonly #rid: number
  readonly #target: MsiTarget
  readonly #handles: number[] = []

  constructor(root: RootComplex, rid: number, count: number, target: MsiTarget) {
    this.#root = root
    this.#rid = rid
    this.#target = target
    for (let i = 0; i < count; i++) this.#handles.push(root.remapping.allocate(rid))
    enableMsix(
      root.config(rid),
      (bar) => root.mmio(rid, bar),
      this.#handles.map((handle) => root.remapping.messageOf(handle)),
    )
  }

  get count(): number {
    return this.#handles.length
  }

  /** Follows the guest's entry of a vector. A mask is the VF's own, so that its pending bit works. */
  route(vector: number, guest: GuestVector): void {
    if (vector >= this.#handles.length) return
    this.#root.remapping.post(this.#handles[vector], this.#target, guest.addressLo, guest.addressHi, guest.data)
    const table = this.#root.config(this.#rid).configRead(this.#tableRegister(), 4)
    const bar: Mmio = this.#root.mmio(this.#rid, table & 7)
    bar.write32((table & ~7) + vector * 16 + 12, guest.masked ? 1 : 0)
  }

  close(): void {
    disableMsix(this.#root.config(this.#rid))
    for (const handle of this.#handles) this.#root.remapping.free(handle)
    this.#handles.length = 0
  }

  #tableRegister(): number {
    return findCapability(this.#root.config(this.#rid), Capability.msix) + MsixCap.table
  }
}

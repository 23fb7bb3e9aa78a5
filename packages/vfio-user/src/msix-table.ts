import { Capability, findCapability, MsixCap } from '@npa/pci'
import type { PciFunction } from '@npa/pci'

/** Bytes of an entry; its last word is the vector control. */
export const ENTRY_BYTES = 16
const CONTROL = 12
const MASKED = 1

/** The function's own MSI-X table, which masks, keeps pending and sends as on a bus. */
export class MsixTable {
  readonly #fn: PciFunction
  readonly bar: number
  /** In the BAR. */
  readonly offset: number
  /** 0 without MSI-X. */
  readonly vectors: number

  constructor(fn: PciFunction) {
    this.#fn = fn
    const at = findCapability(fn, Capability.msix)
    const table = at === 0 ? 0 : fn.configRead(at + MsixCap.table, 4)
    this.vectors = at === 0 ? 0 : (fn.configRead(at + MsixCap.control, 2) & MsixCap.sizeMask) + 1
    this.bar = table & 7
    this.offset = (table & ~7) >>> 0
  }

  /** Address, data and vector control; the vector is masked while they change, so that nothing goes to half an address. */
  put(vector: number, lo: number, hi: number, data: number, control: number): void {
    this.mask(vector)
    this.#write(vector, 0, lo)
    this.#write(vector, 4, hi)
    this.#write(vector, 8, data)
    this.#write(vector, CONTROL, control)
  }

  mask(vector: number): void {
    this.#write(vector, CONTROL, MASKED)
  }

  masked(vector: number): boolean {
    return (this.#fn.barRead(this.bar, this.offset + vector * ENTRY_BYTES + CONTROL, 4) & MASKED) !== 0
  }

  #write(vector: number, byte: number, value: number): void {
    this.#fn.barWrite(this.bar, this.offset + vector * ENTRY_BYTES + byte, 4, value)
  }
}

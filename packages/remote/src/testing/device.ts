import type { ResetKind } from '@npa/core'
import type { Dma } from '@npa/memory'
import type { MsiTarget, PciFunction } from '@npa/pci'
import { Control, Reg, VFS } from './plan.js'

/** A function that notes in which order it was written to, and does a little of all that a device does. */
export class NotingFunction implements PciFunction {
  readonly #number: number
  readonly #control: Int32Array
  readonly #log: Int32Array
  #dma: Dma | undefined
  #msi: MsiTarget | undefined
  #vfsChanged: (vfs: readonly PciFunction[]) => void = () => undefined
  #target = 0

  constructor(number: number, control: Int32Array, log: Int32Array) {
    this.#number = number
    this.#control = control
    this.#log = log
  }

  attach(dma: Dma, msi: MsiTarget, vfsChanged: (vfs: readonly PciFunction[]) => void): void {
    this.#dma = dma
    this.#msi = msi
    this.#vfsChanged = vfsChanged
  }

  configRead(offset: number): number {
    return offset === VFS ? this.#control[Control.vfs] : this.#number
  }

  configWrite(offset: number, _size: 1 | 2 | 4, value: number): void {
    if (offset !== VFS) return
    Atomics.store(this.#control, Control.vfs, value)
    this.#vfsChanged(Array.from({ length: value }, (_, i) => new NotingFunction(i + 1, this.#control, this.#log)))
  }

  barRead(_bar: number, offset: number): number {
    if (offset === Reg.death) process.exit(1)
    return offset === Reg.writes ? Atomics.load(this.#control, Control.writes) : this.#number
  }

  barWrite(_bar: number, offset: number, _size: 1 | 2 | 4, value: number): void {
    this.#log[this.#control[Control.writes] % this.#log.length] = value
    Atomics.add(this.#control, Control.writes, 1)
    if (offset === Reg.message) this.#msi?.message(0xfee00000, 0, value)
    if (offset === Reg.dma) this.#target = value
  }

  reset(kind: ResetKind): void {
    if (kind === 'power') this.configWrite(VFS, 4, 0)
  }

  /** One transfer from the chip's memory, if it is wanted. */
  transfer(from: number): boolean {
    if (this.#target === 0) return false
    this.#dma?.write(from, 64, this.#target, 0)
    Atomics.add(this.#control, Control.transfers, 1)
    return true
  }
}

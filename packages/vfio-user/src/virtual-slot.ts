import type { ResetKind } from '@npa/core'
import type { Dma } from '@npa/memory'
import { Command, Header } from '@npa/pci'
import type { MsiTarget, PciFunction } from '@npa/pci'
import type { BarRegister } from './bar-layout.js'

const ONES = [0, 0xff, 0xffff, 0, 0xffffffff]
/** Vendor and device. */
const WHO_BYTES = 4
const BARS = 6

/**
 * The place of a virtual function, which the client takes for a function of its own: whether it exists is the physical function's to say.
 * While it does not, vendor and device read as of nobody and all else that could have an effect has none. The client also wants what
 * SR-IOV leaves to the physical function: BAR registers and Memory Space Enable, which stand here.
 */
export class VirtualSlot implements PciFunction {
  readonly #bars: readonly BarRegister[]
  readonly #registers = new Uint32Array(BARS)
  #memory = 0
  #fn: PciFunction
  #exists = false
  #plugged: [Dma, MsiTarget] | undefined
  /** Where the client was told that the function's memory stands, one address per BAR; undefined: nowhere. */
  told: string | undefined

  /** `fn` is the function that will appear; its configuration space is read before. */
  constructor(fn: PciFunction, bars: readonly BarRegister[]) {
    this.#fn = fn
    this.#bars = bars
    this.#clear()
  }

  get exists(): boolean {
    return this.#exists
  }

  /** The function appears, or, undefined, disappears. */
  become(fn: PciFunction | undefined): void {
    this.#exists = fn !== undefined
    if (fn === undefined) return
    this.#fn = fn
    if (this.#plugged !== undefined) fn.attach(...this.#plugged, nobody)
  }

  attach(dma: Dma, msi: MsiTarget): void {
    this.#plugged = [dma, msi]
    if (this.#exists) this.#fn.attach(dma, msi, nobody)
  }

  configRead(offset: number, size: 1 | 2 | 4): number {
    if (offset < WHO_BYTES && !this.#exists) return ONES[size]
    const bar = (offset - Header.bar0) >> 2
    if (bar >= 0 && bar < BARS) return part(this.#registers[bar], offset, size)
    const value = this.#fn.configRead(offset, size)
    return offset === Header.command ? value | this.#memory : value
  }

  configWrite(offset: number, size: 1 | 2 | 4, value: number): void {
    const bar = (offset - Header.bar0) >> 2
    if (bar >= 0 && bar < BARS) {
      if (size === 4) this.#place(bar, value)
      return
    }
    if (!this.#exists) return
    if (offset === Header.command) this.#memory = value & Command.memory
    this.#fn.configWrite(offset, size, value)
  }

  barRead(bar: number, offset: number, size: 1 | 2 | 4): number {
    return this.#exists ? this.#fn.barRead(bar, offset, size) : ONES[size]
  }

  barWrite(bar: number, offset: number, size: 1 | 2 | 4, value: number): void {
    if (this.#exists) this.#fn.barWrite(bar, offset, size, value)
  }

  /** The client resets the function, or is gone (`power`). */
  reset(kind: ResetKind): void {
    if (kind === 'power') this.#clear()
    if (this.#exists) this.#fn.reset(kind)
  }

  #place(bar: number, value: number): void {
    const { bytes, type } = this.#bars[bar]
    const upper = bar > 0 && this.#bars[bar - 1].wide
    if (bytes > 0) this.#registers[bar] = (value & -bytes) | type
    else if (upper) this.#registers[bar] = value
  }

  #clear(): void {
    this.told = undefined
    this.#memory = 0
    for (const [bar, { type }] of this.#bars.entries()) this.#registers[bar] = type
  }
}

/** The bytes of a register that an access at `offset` reads. */
function part(register: number, offset: number, size: 1 | 2 | 4): number {
  return size === 4 ? register : (register >>> (8 * (offset & 3))) & ONES[size]
}

function nobody(): void {
  /* a virtual function has none of its own */
}

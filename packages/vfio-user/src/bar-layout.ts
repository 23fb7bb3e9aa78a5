import type { PciFunction } from '@npa/pci'

/** A BAR register as sizing it shows: `bytes` 0 when no BAR is there; a wide one takes the register after it too. */
export interface BarRegister {
  readonly bytes: number
  readonly wide: boolean
  /** The low four bits. */
  readonly type: number
}

/** Asks a BAR register for its size as system software does, by writing all ones; what it held is put back. */
function barRegister(fn: PciFunction, at: number): BarRegister {
  const before = fn.configRead(at, 4)
  fn.configWrite(at, 4, 0xffffffff)
  const mask = fn.configRead(at, 4)
  fn.configWrite(at, 4, before)
  return { bytes: -(mask & ~0xf) >>> 0, wide: isWide(mask), type: mask & 0xf }
}

/** Asks six registers from `base`; the upper half of a wide one is none of its own. */
export function barRegisters(fn: PciFunction, base: number): readonly BarRegister[] {
  const found: BarRegister[] = []
  while (found.length < 6) {
    const bar = barRegister(fn, base + 4 * found.length)
    found.push(bar)
    if (bar.wide) found.push({ bytes: 0, wide: false, type: 0 })
  }
  return found
}

/** Whether a BAR register, by what it reads, is the low half of a 64-bit one. */
export function isWide(low: number): boolean {
  return (low & 0x7) === 4
}

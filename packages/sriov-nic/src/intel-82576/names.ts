import { namesOf } from '../engine/register-names.js'
import type { RegisterNames } from '../engine/register-names.js'
import { REGISTERS } from './chip.js'
import { VF_REGISTERS } from './registers/virtual-function.js'

/** VTCTRL is not a window on anything. */
const CONTROL = 0

/** What the registers in BAR 0 of the physical function, or of a virtual one, are called. */
export function registerNames(of: 'pf' | 'vf'): RegisterNames {
  const chip = namesOf(REGISTERS)
  if (of === 'pf') return chip
  const names = new Map<number, string>([[CONTROL, 'VTCTRL']])
  for (const { offset, chip: at, count = 1 } of VF_REGISTERS) {
    for (let n = 0; n < count; n++) names.set(offset + 4 * n, own(chip.get(at + 4 * n) ?? '', offset, n, count))
  }
  return names
}

/** The chip's name without the virtual function's number: queues and vectors have their own. */
function own(chip: string, offset: number, n: number, count: number): string {
  const bare = chip.replace(/\(\d+\)$/, '').replace(/^P(?=V)/, '')
  if (offset >= 0x2800 && offset < 0x4800) return `${bare}(${(offset >> 8) & 1})`
  return count === 1 ? bare : `${bare}(${n})`
}

import { namesOf } from '../engine/register-names.js'
import type { RegisterNames } from '../engine/register-names.js'
import { REGISTERS } from './chip.js'
import { VF_QUEUES, VF_REGISTERS, VF_RX_QUEUE, VF_TX_QUEUE } from './registers/virtual-function.js'

/** Where the chip has queue 0's registers of both directions. */
const RX_QUEUE = 0x1000
const TX_QUEUE = 0x6000

/** What the registers in BAR 0 of the physical function, or of a virtual one, are called. */
export function registerNames(of: 'pf' | 'vf'): RegisterNames {
  const chip = namesOf(REGISTERS)
  if (of === 'pf') return chip
  const names = new Map<number, string>()
  for (const { name, offset, count = 1 } of VF_REGISTERS) {
    for (let n = 0; n < count; n++) names.set(offset + 4 * n, count === 1 ? name : `${name}(${n})`)
  }
  for (let q = 0; q < VF_QUEUES; q++) {
    for (const at of VF_RX_QUEUE) names.set(0x1000 + q * 0x40 + at, queue(chip, RX_QUEUE + at, q))
    for (const at of VF_TX_QUEUE) names.set(0x2000 + q * 0x40 + at, queue(chip, TX_QUEUE + at, q))
  }
  return names
}

/** Of the chip's name for queue 0, the virtual function's for its queue `q`. */
function queue(chip: RegisterNames, at: number, q: number): string {
  return `VF${(chip.get(at) ?? '').replace('(0)', `(${q})`)}`
}

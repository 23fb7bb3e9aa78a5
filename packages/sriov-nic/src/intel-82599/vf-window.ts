import type { Counters, Mmio } from '@npa/core'
import type { RegisterFile } from '../engine/register-file.js'
import { LIMITS } from './limits.js'
import type { Pools } from './pools.js'
import { VF_QUEUES, VF_REGISTERS, VF_RX_QUEUE, VF_TX_QUEUE } from './registers/virtual-function.js'

/** Bytes of a virtual function's BAR 0. */
export const VF_BAR_BYTES = 0x4000

const NOTHING = -1
/** Places in the map that are queues': index and offset are added to this. */
const QUEUE = 0x1000000
const RX_QUEUE = QUEUE
const TX_QUEUE = QUEUE * 2

interface Place {
  readonly chip: number
  readonly perVf: number
  readonly readOnly: boolean
}

/** For each word of a virtual function's space: where it is in the chip's, or which queue register it is. */
const MAP = new Int32Array(VF_BAR_BYTES >> 2).fill(NOTHING)
const PLACES: Place[] = []

for (const spec of VF_REGISTERS) {
  for (let n = 0; n < (spec.count ?? 1); n++) {
    MAP[(spec.offset >> 2) + n] = PLACES.length
    PLACES.push({ chip: spec.chip + 4 * n, perVf: spec.perVf, readOnly: spec.readOnly === true })
  }
}
for (let q = 0; q < VF_QUEUES; q++) {
  for (const at of VF_RX_QUEUE) MAP[(0x1000 + q * 0x40 + at) >> 2] = RX_QUEUE + q * 0x40 + at
  for (const at of VF_TX_QUEUE) MAP[(0x2000 + q * 0x40 + at) >> 2] = TX_QUEUE + q * 0x40 + at
}

/**
 * The registers of one virtual function: a window on the chip's own. Its queues are numbered from 0; those that the pool mode does
 * not give it are not there.
 */
export class VfWindow implements Mmio {
  readonly #file: RegisterFile
  readonly #pools: Pools
  readonly #vf: number
  readonly #counters: Counters
  readonly #reset: () => void

  /** `reset` acts on VFCTRL.RST. */
  constructor(file: RegisterFile, pools: Pools, vf: number, counters: Counters, reset: () => void) {
    this.#file = file
    this.#pools = pools
    this.#vf = vf
    this.#counters = counters
    this.#reset = reset
  }

  read32(offset: number): number {
    const at = this.#chip(offset)
    return at === NOTHING ? this.#unknown('read', offset) : this.#file.read32(at)
  }

  write32(offset: number, value: number): void {
    // A function that is gone hears nothing: its queues are the PF's, or nobody's.
    if (this.#vf >= this.#pools.vfs) return
    if (offset === 0) {
      if ((value & (1 << 26)) !== 0) this.#reset()
      return
    }
    const place = MAP[offset >>> 2]
    if (place >= 0 && place < QUEUE && PLACES[place].readOnly) return
    const at = this.#chip(offset)
    if (at === NOTHING) this.#unknown('write', offset)
    else this.#file.write32(at, value)
  }

  #chip(offset: number): number {
    const place = MAP[offset >>> 2]
    if (place === NOTHING) return NOTHING
    if (place < QUEUE) return PLACES[place].chip + this.#vf * PLACES[place].perVf
    const tx = place >= TX_QUEUE
    const inside = place - (tx ? TX_QUEUE : RX_QUEUE)
    const index = inside >> 6
    if (index >= this.#pools.perVf) return NOTHING
    const queue = this.#vf * this.#pools.perVf + index
    if (queue >= LIMITS.rx.queues) return NOTHING
    const register = inside & 0x3f
    if (tx) return 0x6000 + queue * 0x40 + register
    return queue < 64 ? 0x1000 + queue * 0x40 + register : 0xd000 + (queue - 64) * 0x40 + register
  }

  #unknown(what: string, offset: number): number {
    this.#counters.add(this.#counters.slot(`register.unknown.vf.${what}.0x${(offset & ~3).toString(16)}`), 1)
    return 0
  }
}

import type { Counters, Mmio } from '@npa/core'
import type { RegisterFile } from '../engine/register-file.js'
import { VF_REGISTERS } from './registers/virtual-function.js'

/** Bytes of a virtual function's BAR 0. */
export const VF_BAR_BYTES = 0x4000

/** VTCTRL, and its double: all that it has is a reset. */
const CONTROL_END = 8
const RESET = 1 << 26

/** Places of queues' registers, which a virtual function has only while there are pools. */
const QUEUES_BEGIN = 0x2800

/** For each word of a virtual function's space, 1 and more: which of `VF_REGISTERS` it is. */
const MAP = new Uint8Array(VF_BAR_BYTES >> 2)
VF_REGISTERS.forEach((spec, index) => MAP.fill(index + 1, spec.offset >> 2, (spec.offset >> 2) + (spec.count ?? 1)))

/** The registers of one virtual function: a window on the chip's own. Its queues are v and v + 8. */
export class VfWindow implements Mmio {
  readonly #file: RegisterFile
  readonly #vf: number
  readonly #counters: Counters
  readonly #reset: () => void
  readonly #pools: { readonly virtualised: boolean; readonly vfs: number }

  /** `reset` acts on VTCTRL.RST. */
  constructor(
    file: RegisterFile,
    pools: { readonly virtualised: boolean; readonly vfs: number },
    vf: number,
    counters: Counters,
    reset: () => void,
  ) {
    this.#file = file
    this.#pools = pools
    this.#vf = vf
    this.#counters = counters
    this.#reset = reset
  }

  read32(offset: number): number {
    if (offset < CONTROL_END) return 0
    const place = MAP[offset >>> 2]
    if (place === 0) return this.#unknown('read', offset)
    return this.#here(offset) ? this.#file.read32(this.#chip(place, offset)) : 0
  }

  write32(offset: number, value: number): void {
    // A function that is gone hears nothing: its queues are the PF's.
    if (this.#vf >= this.#pools.vfs) return
    if (offset < CONTROL_END) {
      if ((value & RESET) !== 0) this.#reset()
      return
    }
    const place = MAP[offset >>> 2]
    if (place === 0) this.#unknown('write', offset)
    else if (VF_REGISTERS[place - 1].readOnly !== true && this.#here(offset))
      this.#file.write32(this.#chip(place, offset), value)
  }

  #here(offset: number): boolean {
    return offset < QUEUES_BEGIN || this.#pools.virtualised
  }

  #chip(place: number, offset: number): number {
    const { chip, perVf, offset: first } = VF_REGISTERS[place - 1]
    return chip + this.#vf * perVf + (offset & ~3) - first
  }

  #unknown(what: string, offset: number): number {
    this.#counters.add(this.#counters.slot(`register.unknown.vf.${what}.0x${(offset & ~3).toString(16)}`), 1)
    return 0
  }
}

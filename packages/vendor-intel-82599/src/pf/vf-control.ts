import type { Mmio } from '@npa/core'
import type { VfInit } from '@npa/plugin-api/host'
import type { Vf, VfControl } from '@npa/vendor-intel-common/pf'
import type { Pools } from './pools.js'
import * as R from './registers.js'

/** Control of the 82599's VFs through aliases in the PF's own space. */
export class Intel82599VfControl implements VfControl {
  readonly #mmio: Mmio
  readonly #pools: Pools

  constructor(mmio: Mmio, pools: Pools) {
    this.#mmio = mmio
    this.#pools = pools
  }

  queue(vf: Vf, index: number): number {
    return vf.index * this.#pools.queuesPerPool + index
  }

  program(vf: Vf, init: VfInit): void {
    const mmio = this.#mmio
    const { index } = vf
    // A VF without buffers must not hold up what stands behind its frames.
    init.rx.forEach((_, i) => {
      mmio.write32(R.QDE, (this.queue(vf, i) << R.Qde.indexShift) | R.Qde.write | R.Qde.enable)
    })
    const rssBits = init.rx.length > 1 ? 1 : 0
    mmio.write32(R.PFPSRTYPE(index), (rssBits << R.PSRTYPE_RSS_BITS_SHIFT) >>> 0)
    mmio.write32(R.PVTEIMC(index), 0x7)
    mmio.write32(R.PVTEICR(index), 0x7)
    // A vector that fired is cleared and masked until the plugin has polled.
    mmio.write32(R.PVTEIAC(index), 0x7)
    mmio.write32(R.PVTEIAM(index), 0x7)
    mmio.write32(R.PVTIVAR(index), ivar(init))
    mmio.write32(R.PVTIVAR_MISC(index), 0)
    mmio.write32(R.PFVMVIR(index), 0)
    this.#set(R.VMECM(index >> 5), 1 << (index & 31), true)
  }

  gate(vf: Vf, open: boolean): void {
    this.#set(R.PFVFRE_LO, 1 << vf.index, open)
    this.#set(R.PFVFTE_LO, 1 << vf.index, open)
  }

  filter(vf: Vf): void {
    const { mode } = vf
    const F = R.Pfvml2flt
    const untagged = vf.untagged || vf.vlans.size === 0
    const bits =
      (untagged ? F.untagged : 0) |
      (mode.broadcast ? F.broadcast : 0) |
      (mode.multicast ? F.multicastTable : 0) |
      (mode.allMulticast ? F.allMulticast : 0)
    this.#mmio.write32(R.PFVML2FLT(vf.index), bits)
  }

  closeFilter(vf: Vf): void {
    this.#mmio.write32(R.PFVML2FLT(vf.index), 0)
  }

  antispoof(vf: Vf, enable: boolean): void {
    const bit = vf.index & 7
    this.#set(R.PFVFSPOOF(vf.index >> 3), (1 << bit) | (0x100 << bit), enable)
  }

  maskInterrupts(vf: Vf): void {
    this.#mmio.write32(R.PVTEIMC(vf.index), 0x7)
  }

  reset(vf: Vf): void {
    this.#mmio.write32(R.PVFCTRL(vf.index), R.PVFCTRL_RESET)
  }

  clear(vf: Vf): void {
    const mmio = this.#mmio
    const { index } = vf
    this.gate(vf, false)
    this.closeFilter(vf)
    this.antispoof(vf, false)
    for (let i = 0; i < this.#pools.queuesPerPool; i++) {
      mmio.write32(R.QDE, (this.queue(vf, i) << R.Qde.indexShift) | R.Qde.write)
    }
    mmio.write32(R.PFPSRTYPE(index), 0)
    mmio.write32(R.PVTEIMC(index), 0x7)
    mmio.write32(R.PVTEIAC(index), 0)
    mmio.write32(R.PVTEIAM(index), 0)
    mmio.write32(R.PVTEICR(index), 0x7)
    mmio.write32(R.PVTIVAR(index), 0)
    mmio.write32(R.PVTIVAR_MISC(index), 0)
    mmio.write32(R.PFVMVIR(index), 0)
    this.#set(R.VMECM(index >> 5), 1 << (index & 31), false)
  }

  #set(register: number, bits: number, on: boolean): void {
    const value = this.#mmio.read32(register)
    this.#mmio.write32(register, (on ? value | bits : value & ~bits) >>> 0)
  }
}

/** Vectors of the queues: byte 2i for receive queue i, 2i + 1 for transmit queue i. */
function ivar(init: VfInit): number {
  let entries = 0
  init.rx.forEach((ring, i) => {
    entries |= (R.IVAR_VALID | ring.interrupt) << (16 * i)
  })
  init.tx.forEach((ring, i) => {
    entries |= (R.IVAR_VALID | ring.interrupt) << (16 * i + 8)
  })
  return entries >>> 0
}

import type { Mmio } from '@npa/core'
import type { VfInit } from '@npa/plugin-api/host'
import type { Vf, VfControl } from '@npa/vendor-intel-common/pf'
import { LENGTH_OVERHEAD, LIMITS, POOLS } from './limits.js'
import * as R from './registers.js'

/** All vectors of a VF. */
const VECTORS = 0x7

/** VMOLR of a pool that takes nothing, whatever its addresses. */
export function closedPool(mtu: number): number {
  return (R.Vmolr.stripCrc | R.Vmolr.longPackets | (mtu + LENGTH_OVERHEAD)) >>> 0
}

/**
 * Control of the 82576's VFs through aliases in the PF's own space. The vectors of a VF's queues have none (VTIVAR): the plugin sets
 * them, and a reset of the VF is what takes them back.
 */
export class Intel82576VfControl implements VfControl {
  readonly #mmio: Mmio
  readonly #mtu: number

  /** `mtu` is the port's. */
  constructor(mmio: Mmio, mtu: number) {
    this.#mmio = mmio
    this.#mtu = mtu
  }

  queue(vf: Vf, index: number): number {
    return vf.index + POOLS * index
  }

  program(vf: Vf): void {
    const mmio = this.#mmio
    const { index } = vf
    mmio.write32(R.PSRTYPE(index), 0)
    mmio.write32(R.PVTEIMC(index), VECTORS)
    mmio.write32(R.PVTEICR(index), VECTORS)
    // A vector that fired is cleared and masked until the plugin has polled.
    mmio.write32(R.PVTEIAC(index), VECTORS)
    mmio.write32(R.PVTEIAM(index), VECTORS)
    mmio.write32(R.VMVIR(index), 0)
    this.closeFilter(vf)
  }

  gate(vf: Vf, open: boolean): void {
    this.#set(R.VFRE, 1 << vf.index, open)
    this.#set(R.VFTE, 1 << vf.index, open)
  }

  filter(vf: Vf): void {
    const { mode } = vf
    const V = R.Vmolr
    const untagged = vf.untagged || vf.vlans.size === 0
    const bits =
      (untagged ? V.untagged : 0) |
      (mode.broadcast ? V.broadcast : 0) |
      (mode.multicast ? V.multicastTable : 0) |
      (mode.allMulticast ? V.allMulticast : 0)
    this.#mmio.write32(R.VMOLR(vf.index), (this.#closed(vf) | bits) >>> 0)
  }

  /** What is in the packet buffer is still treated as before: tags, lengths and queues stay as they are. */
  closeFilter(vf: Vf): void {
    this.#mmio.write32(R.VMOLR(vf.index), this.#closed(vf))
  }

  antispoof(vf: Vf, enable: boolean): void {
    const { macShift, vlanShift } = R.Dtxswc
    this.#set(R.DTXSWC, (1 << (macShift + vf.index)) | (1 << (vlanShift + vf.index)), enable)
  }

  maskInterrupts(vf: Vf): void {
    this.#mmio.write32(R.PVTEIMC(vf.index), VECTORS)
  }

  /** The driver's own reset is nobody's news. */
  reset(vf: Vf): void {
    this.#mmio.write32(R.PVTCTRL(vf.index), R.PVTCTRL_RESET)
    this.#mmio.write32(R.VFLRE, 1 << vf.index)
  }

  clear(vf: Vf): void {
    const mmio = this.#mmio
    const { index } = vf
    this.gate(vf, false)
    this.antispoof(vf, false)
    mmio.write32(R.VMOLR(index), closedPool(this.#mtu))
    mmio.write32(R.PSRTYPE(index), 0)
    mmio.write32(R.PVTEIMC(index), VECTORS)
    mmio.write32(R.PVTEIAC(index), 0)
    mmio.write32(R.PVTEIAM(index), 0)
    mmio.write32(R.PVTEICR(index), VECTORS)
    mmio.write32(R.VMVIR(index), 0)
    this.reset(vf)
  }

  /** VMOLR with everything but what the pool takes. */
  #closed(vf: Vf): number {
    const { init, properties } = vf
    const strip = properties?.features.rxVlanStrip === true ? R.Vmolr.stripVlan : 0
    const rss = rxQueues(init) === LIMITS.queuesPerVf ? R.Vmolr.rss : 0
    return (closedPool(init?.mtu ?? this.#mtu) | strip | rss) >>> 0
  }

  #set(register: number, bits: number, on: boolean): void {
    const value = this.#mmio.read32(register)
    this.#mmio.write32(register, (on ? value | bits : value & ~bits) >>> 0)
  }
}

function rxQueues(init: VfInit | undefined): number {
  return init?.rx.length ?? 0
}

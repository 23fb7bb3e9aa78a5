import type { Mmio } from '@npa/core'
import type { VfInit, VfRing } from '@npa/plugin-api/host'
import { DESCRIPTOR_BYTES, RX_BUFFER_BYTES } from '../ring-layout.js'
import type { Pools } from './pools.js'
import * as R from './registers.js'
import type { Vf } from './vf.js'

/** A VF's registers as the PF reaches them: through aliases in its own space, never through the VF. */
export class VfRegisters {
  readonly #mmio: Mmio
  readonly #pools: Pools

  constructor(mmio: Mmio, pools: Pools) {
    this.#mmio = mmio
    this.#pools = pools
  }

  /** The chip's number of a VF's queue. */
  queue(vf: Vf, index: number): number {
    return vf.index * this.#pools.queuesPerPool + index
  }

  /** Programs queues and interrupts and asks for the queues' enable; the pool stays closed. */
  program(vf: Vf, init: VfInit, stripVlan: boolean): void {
    const mmio = this.#mmio
    const { index } = vf
    init.tx.forEach((ring, i) => {
      this.#programTx(this.queue(vf, i), ring)
    })
    init.rx.forEach((ring, i) => {
      this.#programRx(this.queue(vf, i), ring, stripVlan)
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

  /** Whether all its queues say that they are enabled. */
  queuesOn(vf: Vf, init: VfInit): boolean {
    return this.#txQueues(vf, init).every((q) => this.#txOn(q)) && this.#rxQueues(vf, init).every((q) => this.#rxOn(q))
  }

  /** Opens or closes the pool, in both directions. */
  gate(vf: Vf, open: boolean): void {
    this.#set(R.PFVFRE_LO, 1 << vf.index, open)
    this.#set(R.PFVFTE_LO, 1 << vf.index, open)
  }

  /** The L2 control of its pool as its state asks for. */
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

  /** Takes nothing more, whatever its addresses. */
  closeFilter(vf: Vf): void {
    this.#mmio.write32(R.PFVML2FLT(vf.index), 0)
  }

  /** Anti-spoof of addresses and VLANs. */
  antispoof(vf: Vf, enable: boolean): void {
    const bit = vf.index & 7
    this.#set(R.PFVFSPOOF(vf.index >> 3), (1 << bit) | (0x100 << bit), enable)
  }

  stopTransmit(vf: Vf, init: VfInit): void {
    for (const q of this.#txQueues(vf, init)) this.#mmio.write32(R.TXDCTL(q), R.Txdctl.thresholds)
  }

  transmitOff(vf: Vf, init: VfInit): boolean {
    return this.#txQueues(vf, init).every((q) => !this.#txOn(q))
  }

  stopReceive(vf: Vf, init: VfInit): void {
    for (const q of this.#rxQueues(vf, init)) {
      this.#mmio.write32(R.RXDCTL(q), this.#mmio.read32(R.RXDCTL(q)) & R.Rxdctl.stripVlan)
    }
  }

  receiveOff(vf: Vf, init: VfInit): boolean {
    return this.#rxQueues(vf, init).every((q) => !this.#rxOn(q))
  }

  maskInterrupts(vf: Vf): void {
    this.#mmio.write32(R.PVTEIMC(vf.index), 0x7)
  }

  /** Resets the VF as its own VFCTRL.RST would: queues off, nothing waited for. */
  reset(vf: Vf): void {
    this.#mmio.write32(R.PVFCTRL(vf.index), R.PVFCTRL_RESET)
  }

  head(queue: number): number {
    return this.#mmio.read32(R.TDH(queue)) & 0xffff
  }

  tail(queue: number): number {
    return this.#mmio.read32(R.TDT(queue)) & 0xffff
  }

  /** Every register that `program` and the filters wrote, as it was; the queues are off. */
  clear(vf: Vf): void {
    const mmio = this.#mmio
    const { index } = vf
    this.gate(vf, false)
    this.closeFilter(vf)
    this.antispoof(vf, false)
    for (let i = 0; i < this.#pools.queuesPerPool; i++) {
      const q = this.queue(vf, i)
      for (const register of [R.TXDCTL, R.TDBAL, R.TDBAH, R.TDLEN, R.TDWBAL, R.TDWBAH, R.TDH, R.TDT]) {
        mmio.write32(register(q), 0)
      }
      for (const register of [R.RXDCTL, R.RDBAL, R.RDBAH, R.RDLEN, R.RSCCTL, R.SRRCTL, R.RDH, R.RDT]) {
        mmio.write32(register(q), 0)
      }
      mmio.write32(R.QDE, (q << R.Qde.indexShift) | R.Qde.write)
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

  #programTx(queue: number, ring: VfRing): void {
    const mmio = this.#mmio
    mmio.write32(R.TDBAL(queue), ring.lo)
    mmio.write32(R.TDBAH(queue), ring.hi)
    mmio.write32(R.TDLEN(queue), ring.size * DESCRIPTOR_BYTES)
    mmio.write32(R.TDWBAL(queue), 0)
    mmio.write32(R.TDWBAH(queue), 0)
    mmio.write32(R.TDH(queue), 0)
    mmio.write32(R.TDT(queue), 0)
    mmio.write32(R.TXDCTL(queue), R.Txdctl.thresholds | R.Txdctl.enable)
  }

  #programRx(queue: number, ring: VfRing, stripVlan: boolean): void {
    const mmio = this.#mmio
    mmio.write32(R.RDBAL(queue), ring.lo)
    mmio.write32(R.RDBAH(queue), ring.hi)
    mmio.write32(R.RDLEN(queue), ring.size * DESCRIPTOR_BYTES)
    mmio.write32(R.RSCCTL(queue), 0)
    mmio.write32(R.SRRCTL(queue), R.Srrctl.advanced | R.Srrctl.dropEnable | (RX_BUFFER_BYTES >> 10))
    mmio.write32(R.RDH(queue), 0)
    mmio.write32(R.RDT(queue), 0)
    // A VF without buffers must not hold up what stands behind its frames.
    mmio.write32(R.QDE, (queue << R.Qde.indexShift) | R.Qde.write | R.Qde.enable)
    mmio.write32(R.RXDCTL(queue), R.Rxdctl.enable | (stripVlan ? R.Rxdctl.stripVlan : 0))
  }

  #txQueues(vf: Vf, init: VfInit): number[] {
    return init.tx.map((_, i) => this.queue(vf, i))
  }

  #rxQueues(vf: Vf, init: VfInit): number[] {
    return init.rx.map((_, i) => this.queue(vf, i))
  }

  #txOn(queue: number): boolean {
    return (this.#mmio.read32(R.TXDCTL(queue)) & R.Txdctl.enable) !== 0
  }

  #rxOn(queue: number): boolean {
    return (this.#mmio.read32(R.RXDCTL(queue)) & R.Rxdctl.enable) !== 0
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

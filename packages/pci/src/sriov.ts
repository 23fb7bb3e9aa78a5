import type { StateIo } from '@npa/core'
import type { ConfigSpace } from './config-space.js'
import { barRegisters } from './header.js'
import type { BarLayout } from './header.js'
import { Extended, SriovCap } from './registers.js'

/** What a physical function's SR-IOV capability says. */
export interface SriovLayout {
  /** Of the capability in configuration space. */
  readonly offset: number
  readonly totalVfs: number
  /** Routing id of the first VF, from the PF's; and from one VF to the next. */
  readonly firstVfOffset: number
  readonly vfStride: number
  readonly vfDevice: number
  /** Number of the physical function whose VFs depend on this one's; its own when they depend on nobody's. 0 unless given. */
  readonly functionLink?: number
  /** The BARs of one VF; the registers hold where the array of all of them starts. */
  readonly bars: readonly BarLayout[]
}

/** Pages of 4 KiB, 8 KiB, 64 KiB, 256 KiB, 1 MiB and 4 MiB: those that every device must support. */
const PAGE_SIZES = 0x553

/** The SR-IOV capability of a physical function (SR-IOV 1.1, 3.3). VF migration is not there. */
export class Sriov {
  readonly layout: SriovLayout
  readonly #config: ConfigSpace
  #count = 0
  #changed: (count: number) => void = nobody

  /** Puts the capability into `config`. */
  constructor(config: ConfigSpace, layout: SriovLayout) {
    const { offset, totalVfs } = layout
    this.layout = layout
    this.#config = config
    config.extended(Extended.sriov, 1, offset, SriovCap.bytes)
    config.init(offset + SriovCap.capabilities, 4, 0x2)
    config.writable(offset + SriovCap.control, 2, SriovCap.vfEnable | SriovCap.vfMemory | SriovCap.ariHierarchy)
    config.init(offset + SriovCap.initialVfs, 2, totalVfs)
    config.init(offset + SriovCap.totalVfs, 2, totalVfs)
    config.init(offset + SriovCap.functionLink, 1, layout.functionLink ?? 0)
    config.init(offset + SriovCap.firstVfOffset, 2, layout.firstVfOffset)
    config.init(offset + SriovCap.vfStride, 2, layout.vfStride)
    config.init(offset + SriovCap.vfDevice, 2, layout.vfDevice)
    config.init(offset + SriovCap.supportedPageSizes, 4, PAGE_SIZES)
    config.init(offset + SriovCap.systemPageSize, 4, 1)
    barRegisters(config, offset + SriovCap.bar0, layout.bars)
    this.#lock(false)
    config.onWrite(offset + SriovCap.control, 2, () => this.#control())
    config.onWrite(offset + SriovCap.numVfs, 2, () => this.#bound())
    config.onWrite(offset + SriovCap.systemPageSize, 4, () => this.#pageSize())
  }

  /** Virtual functions that exist now. */
  get count(): number {
    return this.#count
  }

  /** Called with the number of VFs when they must appear, and with 0 when they must disappear. */
  onChange(changed: (count: number) => void): void {
    this.#changed = changed
  }

  /** The VFs disappear. Called after the configuration space was reset. */
  reset(): void {
    this.#lock(false)
    this.#pageSize()
    this.#become(0)
  }

  /** Follows the capability's registers, which were restored; nobody is told. */
  follow(io: StateIo): void {
    const { offset, totalVfs, bars } = this.layout
    const numVfs = this.#config.get(offset + SriovCap.numVfs, 2)
    const pageSize = this.#config.get(offset + SriovCap.systemPageSize, 4)
    io.consistent('numVfs', numVfs <= totalVfs)
    io.consistent('systemPageSize', pageSize !== 0 && (pageSize & (pageSize - 1)) === 0)
    for (const bar of bars) {
      const address = this.#config.get(offset + SriovCap.bar0 + 4 * bar.index, 4) & ~0xf
      io.consistent('vfBars', (address & (Math.max(bar.bytes, pageSize * 4096) - 1)) === 0)
    }
    this.#pageSize()
    const enabled = this.#enabled()
    this.#lock(enabled)
    this.#count = enabled ? numVfs : 0
  }

  #enabled(): boolean {
    return (this.#config.get(this.layout.offset + SriovCap.control, 2) & SriovCap.vfEnable) !== 0
  }

  #control(): void {
    const enable = this.#enabled()
    this.#lock(enable)
    this.#become(enable ? this.#config.get(this.layout.offset + SriovCap.numVfs, 2) : 0)
  }

  #become(count: number): void {
    if (count === this.#count) return
    this.#count = count
    this.#changed(count)
  }

  /** While VFs are enabled their number and page size are read-only. */
  #lock(enabled: boolean): void {
    this.#config.writable(this.layout.offset + SriovCap.numVfs, 2, enabled ? 0 : 0xffff)
    this.#config.writable(this.layout.offset + SriovCap.systemPageSize, 4, enabled ? 0 : PAGE_SIZES)
  }

  #bound(): void {
    const at = this.layout.offset + SriovCap.numVfs
    this.#config.set(at, 2, Math.min(this.#config.get(at, 2), this.layout.totalVfs))
  }

  /** Exactly one of the supported sizes is selected; the VF BARs are no smaller than a page. */
  #pageSize(): void {
    const at = this.layout.offset + SriovCap.systemPageSize
    const bits = this.#config.get(at, 4)
    const selected = bits === 0 ? 1 : bits & -bits
    this.#config.set(at, 4, selected)
    for (const bar of this.layout.bars) {
      const register = this.layout.offset + SriovCap.bar0 + 4 * bar.index
      const mask = -Math.max(bar.bytes, selected * 4096)
      this.#config.writable(register, 4, mask)
      this.#config.set(register, 4, this.#config.get(register, 4) & (mask | 0xf))
    }
  }
}

function nobody(): void {
  /* nobody makes VFs */
}

import type { ResetKind } from '@npa/core'
import {
  ConfigSpace,
  EndpointFunction,
  Msix,
  Sriov,
  advancedErrors,
  alternativeRouting,
  endpointHeader,
  express,
  powerManagement,
  serialNumber,
  virtualHeader,
} from '../index.js'
import type { BarLayout, Identity } from '../index.js'

const WHO: Identity = {
  vendor: 0x8086,
  device: 0x10f9,
  revision: 1,
  classCode: 0x020000,
  subsystemVendor: 0x8086,
  subsystem: 7,
}

const PF_BARS: readonly BarLayout[] = [
  { index: 0, bytes: 0x20000, width: 64, prefetchable: true },
  { index: 2, bytes: 0x1000, width: 32, prefetchable: false },
  { index: 4, bytes: 0x4000, width: 64, prefetchable: true },
]

const VF_BARS: readonly BarLayout[] = [
  { index: 0, bytes: 0x4000, width: 64, prefetchable: true },
  { index: 3, bytes: 0x4000, width: 64, prefetchable: true },
]

/** Registers that only remember. */
class Scratch {
  readonly words: Map<number, number> = new Map<number, number>()
  reads = 0
  read32(offset: number): number {
    this.reads++
    return this.words.get(offset) ?? 0
  }
  write32(offset: number, value: number): void {
    this.words.set(offset, value)
  }
}

/** A function with registers that only remember, and the list of its resets. */
export interface Sample {
  readonly fn: EndpointFunction
  readonly registers: Scratch
  readonly resets: ResetKind[]
}

function virtualFunction(): Sample {
  const config = new ConfigSpace(4096)
  virtualHeader(config, WHO)
  const msix = new Msix(config, { offset: 0x70, vectors: 3, tableBar: 3, tableOffset: 0, pbaBar: 3, pbaOffset: 0x2000 })
  express(config, 0xa0, { flr: true, linkSpeed: 2, linkWidth: 8, virtual: true })
  advancedErrors(config, 0x100)
  alternativeRouting(config, 0x150, 0)
  const registers = new Scratch()
  const resets: ResetKind[] = []
  const bars = VF_BARS.map(({ index, bytes }) => ({ index, bytes, registers }))
  return { fn: new EndpointFunction({ config, bars, msix, reset: (kind) => resets.push(kind) }), registers, resets }
}

/** A physical function laid out like a network controller of the field, with `totalVfs` VFs. */
export function sampleDevice(totalVfs = 8): Sample & { vfs: readonly Sample[] } {
  const config = new ConfigSpace(4096)
  endpointHeader(config, WHO, PF_BARS, 1)
  powerManagement(config, 0x40)
  const msix = new Msix(config, {
    offset: 0x70,
    vectors: 64,
    tableBar: 4,
    tableOffset: 0,
    pbaBar: 4,
    pbaOffset: 0x2000,
  })
  express(config, 0xa0, { flr: true, linkSpeed: 2, linkWidth: 8, virtual: false })
  advancedErrors(config, 0x100)
  serialNumber(config, 0x140, 0x33221100, 0x77665544)
  alternativeRouting(config, 0x150, 0)
  const sriov = new Sriov(config, {
    offset: 0x160,
    totalVfs,
    firstVfOffset: 0x80,
    vfStride: 2,
    vfDevice: 0x10ed,
    bars: VF_BARS,
  })
  const vfs = Array.from({ length: totalVfs }, virtualFunction)
  const registers = new Scratch()
  const resets: ResetKind[] = []
  const bars = PF_BARS.map(({ index, bytes }) => ({ index, bytes, registers }))
  const reset = (kind: ResetKind): void => void resets.push(kind)
  const fn = new EndpointFunction({ config, bars, msix, sriov, vfs: vfs.map((vf) => vf.fn), reset })
  return { fn, registers, resets, vfs }
}

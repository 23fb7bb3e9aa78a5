import type { ResetKind } from '@npa/core'
import type { Arena } from '@npa/memory'
import {
  advancedErrors,
  ConfigSpace,
  endpointHeader,
  EndpointFunction,
  express,
  Msix,
  powerManagement,
  Sriov,
  virtualHeader,
} from '@npa/pci'

/** Registers of the sample's BAR0, and what `command` does. */
export const Sample = {
  scratch: 0x00,
  scratch2: 0x04,
  addressLo: 0x08,
  addressHi: 0x0c,
  bytes: 0x10,
  /** 1 reads bus memory into the chip, 2 writes it back; reads 1 when that was done, 0 when it was refused. */
  command: 0x14,
  raise: 0x18,
  /** Word of the chip's memory. */
  chip: 0x1c,
  barBytes: 0x1000,
  vectors: 4,
  express: 0x48,
  msix: 0x9c,
  pin: 1,
  sriov: 0x160,
  firstVfOffset: 0x80,
  vfStride: 2,
} as const

/** Bytes of its own memory: as much as it can move at once. */
const CHIP_BYTES = 8192

const BARS = [
  { index: 0, bytes: Sample.barBytes, width: 32, prefetchable: false },
  { index: 2, bytes: 0x2000, width: 64, prefetchable: false },
] as const

/** What a sample is: alone, a physical function with virtual ones, or one of these. */
export type SampleKind = 'plain' | 'virtual' | readonly SampleFunction[]

/** A function small enough that a test sees all it does: scratch registers, a DMA engine, interrupts on demand. */
export class SampleFunction extends EndpointFunction {
  readonly resets: ResetKind[]

  constructor(arena: Arena, kind: SampleKind = 'plain') {
    const chip = arena.allocate(CHIP_BYTES)
    const words = new Uint32Array(Sample.barBytes / 4)
    const config = new ConfigSpace(4096)
    const who = {
      vendor: 0x1234,
      device: 0x5678,
      revision: 1,
      classCode: 0xff0000,
      subsystemVendor: 0x1234,
      subsystem: 1,
    }
    if (kind === 'virtual') virtualHeader(config, who)
    else {
      endpointHeader(config, who, BARS, Sample.pin)
      powerManagement(config, 0x40)
    }
    express(config, Sample.express, { flr: true, linkSpeed: 1, linkWidth: 1, virtual: kind === 'virtual' })
    const msix = new Msix(config, {
      offset: Sample.msix,
      vectors: Sample.vectors,
      tableBar: kind === 'virtual' ? 3 : 2,
      tableOffset: 0x100,
      pbaBar: kind === 'virtual' ? 3 : 2,
      pbaOffset: 0x1000,
    })
    const vfs = typeof kind === 'string' ? [] : kind
    if (vfs.length > 0) advancedErrors(config, 0x100)
    const { firstVfOffset, vfStride } = Sample
    const layout = {
      offset: Sample.sriov,
      totalVfs: vfs.length,
      firstVfOffset,
      vfStride,
      vfDevice: 0x5679,
      bars: [BARS[0], { ...BARS[1], index: 3 }],
    }
    const move = (command: number): boolean => {
      const lo = words[Sample.addressLo / 4]
      const hi = words[Sample.addressHi / 4]
      const bytes = Math.min(words[Sample.bytes / 4], CHIP_BYTES)
      if (command === 1) return this.dma.read(lo, hi, bytes, chip)
      return command === 2 && this.dma.write(chip, bytes, lo, hi)
    }
    const resets: ResetKind[] = []
    super({
      config,
      msix,
      ...(vfs.length > 0 && { sriov: new Sriov(config, layout), vfs }),
      bars: [
        {
          index: 0,
          bytes: Sample.barBytes,
          registers: {
            read32: (offset) => (offset === Sample.chip ? arena.i32[chip >> 2] : words[offset >> 2]) >>> 0,
            write32: (offset, value) => {
              words[offset >> 2] = value
              if (offset === Sample.chip) arena.i32[chip >> 2] = value
              else if (offset === Sample.command) words[offset >> 2] = Number(move(value))
              else if (offset === Sample.raise) this.raise(value)
            },
          },
        },
        {
          index: kind === 'virtual' ? 3 : 2,
          bytes: 0x2000,
          registers: { read32: () => 0, write32: () => undefined },
        },
      ],
      reset: (kind) => {
        words.fill(0)
        resets.push(kind)
      },
    })
    this.resets = resets
  }
}

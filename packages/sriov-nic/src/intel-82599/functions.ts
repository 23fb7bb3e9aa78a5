import type { Mmio, ResetKind } from '@npa/core'
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
} from '@npa/pci'
import type { BarLayout, Identity } from '@npa/pci'
import { LIMITS } from './limits.js'
import { VF_BAR_BYTES } from './vf-window.js'

/** The CX4 variant: the one whose link needs no further negotiation by the driver. */
const WHO: Identity = {
  vendor: 0x8086,
  device: 0x10f9,
  revision: 1,
  classCode: 0x020000,
  subsystemVendor: 0x8086,
  subsystem: 0x0003,
}

const VF_DEVICE = 0x10ed

/** Registers, 512 KiB, and the MSI-X structures. */
const PF_BARS: readonly BarLayout[] = [
  { index: 0, bytes: 0x80000, width: 64, prefetchable: true },
  { index: 4, bytes: 0x4000, width: 64, prefetchable: true },
]

const VF_BARS: readonly BarLayout[] = [
  { index: 0, bytes: VF_BAR_BYTES, width: 64, prefetchable: true },
  { index: 3, bytes: 0x4000, width: 64, prefetchable: true },
]

/** PCI Express 2.0, eight lanes. */
const LINK = { linkSpeed: 2, linkWidth: 8 } as const

/** A BAR in which only the MSI-X structures answer. */
const nothing: Mmio = {
  read32: () => 0,
  write32: () => {
    /* only the MSI-X structures stand here */
  },
}

/** Virtual function as PCI sees it (82599 datasheet 9.4, 9.5). It does not advertise function-level reset, yet performs it. */
export function virtualFunction(registers: Mmio, reset: (kind: ResetKind) => void): EndpointFunction {
  const config = new ConfigSpace(4096)
  virtualHeader(config, WHO)
  const msix = new Msix(config, {
    offset: 0x70,
    vectors: LIMITS.vfVectors,
    tableBar: 3,
    tableOffset: 0,
    pbaBar: 3,
    pbaOffset: 0x2000,
  })
  express(config, 0xa0, { flr: false, ...LINK, virtual: true })
  advancedErrors(config, 0x100)
  alternativeRouting(config, 0x150, 0)
  const bars = [
    { index: 0, bytes: VF_BAR_BYTES, registers },
    { index: 3, bytes: 0x4000, registers: nothing },
  ]
  return new EndpointFunction({ config, bars, msix, reset })
}

/** The physical function: capabilities where drivers expect them (0x70 MSI-X, 0xA0 PCI Express, 0x160 SR-IOV). */
export function physicalFunction(
  registers: Mmio,
  vfs: readonly EndpointFunction[],
  mac: Uint8Array,
  reset: (kind: ResetKind) => void,
): EndpointFunction {
  const config = new ConfigSpace(4096)
  endpointHeader(config, WHO, PF_BARS, 1)
  powerManagement(config, 0x40)
  const msix = new Msix(config, {
    offset: 0x70,
    vectors: LIMITS.pfVectors,
    tableBar: 4,
    tableOffset: 0,
    pbaBar: 4,
    pbaOffset: 0x2000,
  })
  express(config, 0xa0, { flr: true, ...LINK, virtual: false })
  advancedErrors(config, 0x100)
  // An EUI-64 made of the address (PCI Express 3.0, 7.12.2).
  const low = (0xff00 | mac[3]) * 65536 + (mac[4] << 8) + mac[5]
  serialNumber(config, 0x140, low >>> 0, ((mac[0] << 24) | (mac[1] << 16) | (mac[2] << 8) | 0xff) >>> 0)
  alternativeRouting(config, 0x150, 0)
  const sriov = new Sriov(config, {
    offset: 0x160,
    totalVfs: vfs.length,
    firstVfOffset: 0x80,
    vfStride: 2,
    vfDevice: VF_DEVICE,
    bars: VF_BARS,
  })
  const bars = [
    { index: 0, bytes: PF_BARS[0].bytes, registers },
    { index: 4, bytes: PF_BARS[1].bytes, registers: nothing },
  ]
  return new EndpointFunction({ config, bars, msix, sriov, vfs, reset })
}

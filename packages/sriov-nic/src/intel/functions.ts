import type { Mmio, ResetKind } from '@npa/core'
import {
  ConfigSpace,
  EndpointFunction,
  Header,
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
import type { PortPlace } from './card.js'

/** Bytes of the BAR that holds a virtual function's MSI-X structures. */
const MSIX_BYTES = 0x4000
/** Header type: there are other functions. */
const MULTI_FUNCTION = 0x80

/** How a chip and its virtual functions show themselves on PCI. */
export interface FunctionIdentity {
  readonly who: Identity
  readonly vfDevice: number
  /** Of the PF: registers, and MSI-X structures. */
  readonly bars: readonly [BarLayout, BarLayout]
  /** Bytes of BAR 0 of a virtual function; BAR 3 has its MSI-X structures. */
  readonly vfBarBytes: number
  readonly pfVectors: number
  readonly vfVectors: number
  /** Whether virtual functions advertise their function-level reset. They perform it in any case. */
  readonly vfResetAdvertised: boolean
  /** PCI Express speed, 1 for 2.5 GT/s and 2 for 5, and lanes. */
  readonly link: { readonly linkSpeed: number; readonly linkWidth: number }
}

/** A BAR in which only the MSI-X structures answer. */
const nothing: Mmio = {
  read32: () => 0,
  write32: () => {
    /* only the MSI-X structures stand here */
  },
}

/** Virtual function as PCI sees it (82599 datasheet 9.4, 9.5; 82576 datasheet 9.7). */
export function virtualFunction(
  identity: FunctionIdentity,
  registers: Mmio,
  reset: (kind: ResetKind) => void,
): EndpointFunction {
  const config = new ConfigSpace(4096)
  virtualHeader(config, identity.who)
  const msix = new Msix(config, {
    offset: 0x70,
    vectors: identity.vfVectors,
    tableBar: 3,
    tableOffset: 0,
    pbaBar: 3,
    pbaOffset: 0x2000,
  })
  express(config, 0xa0, { flr: identity.vfResetAdvertised, ...identity.link, virtual: true })
  advancedErrors(config, 0x100)
  alternativeRouting(config, 0x150, 0)
  const bars = [
    { index: 0, bytes: identity.vfBarBytes, registers },
    { index: 3, bytes: MSIX_BYTES, registers: nothing },
  ]
  return new EndpointFunction({ config, bars, msix, reset })
}

/** The physical function of a port: capabilities where drivers expect them (0x70 MSI-X, 0xA0 PCI Express, 0x160 SR-IOV). */
export function physicalFunction(
  identity: FunctionIdentity,
  registers: Mmio,
  vfs: readonly EndpointFunction[],
  mac: Uint8Array,
  place: PortPlace,
  reset: (kind: ResetKind) => void,
): EndpointFunction {
  const config = new ConfigSpace(4096)
  const [memory, msixBar] = identity.bars
  const { port, ports } = place
  endpointHeader(config, identity.who, identity.bars, 1 + port)
  if (ports > 1) config.init(Header.type, 1, MULTI_FUNCTION)
  powerManagement(config, 0x40)
  const msix = new Msix(config, {
    offset: 0x70,
    vectors: identity.pfVectors,
    tableBar: msixBar.index,
    tableOffset: 0,
    pbaBar: msixBar.index,
    pbaOffset: 0x2000,
  })
  express(config, 0xa0, { flr: true, ...identity.link, virtual: false })
  advancedErrors(config, 0x100)
  // An EUI-64 made of the address (PCI Express 3.0, 7.12.2).
  const low = (0xff00 | mac[3]) * 65536 + (mac[4] << 8) + mac[5]
  serialNumber(config, 0x140, low >>> 0, ((mac[0] << 24) | (mac[1] << 16) | (mac[2] << 8) | 0xff) >>> 0)
  alternativeRouting(config, 0x150, (port + 1) % ports)
  const sriov = new Sriov(config, {
    offset: 0x160,
    totalVfs: vfs.length,
    firstVfOffset: 0x80,
    vfStride: 2,
    vfDevice: identity.vfDevice,
    functionLink: port,
    bars: [
      { index: 0, bytes: identity.vfBarBytes, width: 64, prefetchable: true },
      { index: 3, bytes: MSIX_BYTES, width: 64, prefetchable: true },
    ],
  })
  const bars = [
    { index: memory.index, bytes: memory.bytes, registers },
    { index: msixBar.index, bytes: msixBar.bytes, registers: nothing },
  ]
  return new EndpointFunction({ config, bars, msix, sriov, vfs, reset })
}

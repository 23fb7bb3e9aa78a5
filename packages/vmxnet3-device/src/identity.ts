import { ConfigSpace, endpointHeader, express, Msix, powerManagement } from '@npa/pci'
import {
  Bar,
  MAX_VECTORS,
  MSIX_PBA,
  MSIX_TABLE,
  VF_BAR_BYTES,
  VMXNET3_DEVICE,
  VMXNET3_REVISION,
  VMXNET3_VENDOR,
} from '@npa/vmxnet3-spec'

/** Bytes of BAR0 and BAR1, and of the one with the MSI-X structures. */
export const REGISTER_BAR_BYTES = 0x1000
export const MSIX_BAR_BYTES = 0x2000

/** Network controller, Ethernet. */
const CLASS = 0x020000

/** Configuration space of a vmxnet3, with its MSI-X. PCI Express at 0x48 and MSI-X at 0x9c as in QEMU's model. */
export function identity(): { config: ConfigSpace; msix: Msix } {
  const config = new ConfigSpace(4096)
  const who = {
    vendor: VMXNET3_VENDOR,
    device: VMXNET3_DEVICE,
    revision: VMXNET3_REVISION,
    classCode: CLASS,
    subsystemVendor: VMXNET3_VENDOR,
    subsystem: VMXNET3_DEVICE,
  }
  const bars = [
    { index: Bar.data, bytes: REGISTER_BAR_BYTES, width: 32, prefetchable: false },
    { index: Bar.control, bytes: REGISTER_BAR_BYTES, width: 32, prefetchable: false },
    { index: Bar.msix, bytes: MSIX_BAR_BYTES, width: 32, prefetchable: false },
    { index: Bar.vf, bytes: VF_BAR_BYTES, width: 64, prefetchable: false },
  ] as const
  endpointHeader(config, who, bars, 0)
  powerManagement(config, 0x40)
  express(config, 0x48, { flr: true, linkSpeed: 1, linkWidth: 1, virtual: false })
  const msix = new Msix(config, {
    offset: 0x9c,
    vectors: MAX_VECTORS,
    tableBar: Bar.msix,
    tableOffset: MSIX_TABLE,
    pbaBar: Bar.msix,
    pbaOffset: MSIX_PBA,
  })
  return { config, msix }
}

import type { FunctionIdentity } from '../intel/functions.js'
import { LIMITS } from './limits.js'
import { VF_BAR_BYTES } from './vf-window.js'

/** The 82599 on PCI (82599 datasheet 9.3, 9.5). */
export const identity = (device: number): FunctionIdentity => ({
  who: {
    vendor: 0x8086,
    device,
    revision: 1,
    classCode: 0x020000,
    subsystemVendor: 0x8086,
    subsystem: 0x0003,
  },
  vfDevice: 0x10ed,
  bars: [
    { index: 0, bytes: 0x80000, width: 64, prefetchable: true },
    { index: 4, bytes: 0x4000, width: 64, prefetchable: true },
  ],
  vfBarBytes: VF_BAR_BYTES,
  pfVectors: LIMITS.pfVectors,
  vfVectors: LIMITS.vfVectors,
  // The PF's capability speaks for all (9.3.10.4); Linux has a quirk for it.
  vfResetAdvertised: false,
  link: { linkSpeed: 2, linkWidth: 8 },
})

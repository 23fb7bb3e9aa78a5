import type { FunctionIdentity } from '../intel/functions.js'
import { LIMITS } from './limits.js'
import { VF_BAR_BYTES } from './vf-window.js'

/** The 82576 on PCI (82576 datasheet 9.4, 9.6), copper. The flash and I/O BARs, through which nothing else is reached, are left out. */
export const IDENTITY: FunctionIdentity = {
  who: {
    vendor: 0x8086,
    device: 0x10c9,
    revision: 1,
    classCode: 0x020000,
    subsystemVendor: 0x8086,
    subsystem: 0x0001,
  },
  vfDevice: 0x10ca,
  bars: [
    { index: 0, bytes: 0x20000, width: 32, prefetchable: false },
    { index: 3, bytes: 0x4000, width: 32, prefetchable: false },
  ],
  vfBarBytes: VF_BAR_BYTES,
  pfVectors: LIMITS.pfVectors,
  vfVectors: LIMITS.vfVectors,
  vfResetAdvertised: true,
  link: { linkSpeed: 1, linkWidth: 4 },
}

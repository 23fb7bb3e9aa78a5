import { createIntel82576 } from '@npa/sriov-nic/intel-82576'
import type { VendorUnderTest } from '@npa/vendor-intel-common/testing'
import { Intel82576Pf } from '../pf/index.js'
import { NPA_PluginMain } from '../plugin/index.js'

/** This package and the model of its chip. */
export const VENDOR_82576: VendorUnderTest = {
  rateBps: 1_000_000_000,
  main: NPA_PluginMain,
  nic: createIntel82576,
  driver: (options) => new Intel82576Pf(options),
  vfReset: [0, 0x04000000],
  vfTxTail: 0x3818,
  tellsOf: () => ({}),
}

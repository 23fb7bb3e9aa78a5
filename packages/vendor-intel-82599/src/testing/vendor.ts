import { createIntel82599 } from '@npa/sriov-nic/intel-82599'
import type { VendorUnderTest } from '@npa/vendor-intel-common/testing'
import { Intel82599Pf } from '../pf/index.js'
import { NPA_PluginMain } from '../plugin/index.js'

/** This package and the model of its chip; `pools` as for the driver. */
export function vendor82599(pools: 32 | 64): VendorUnderTest {
  return {
    rateBps: 10_000_000_000,
    main: NPA_PluginMain,
    nic: createIntel82599,
    driver: (options) => new Intel82599Pf({ ...options, pools }),
    vfReset: [0, 0x04000000],
    vfTxTail: 0x2018,
    tellsOf: (pool, direction) => ({ pool, direction }),
  }
}

import type { PfChip } from '@npa/vendor-intel-common/pf'
import { CHECKSUM_ERRORS } from '../checksum-errors.js'
import { STEPS, throttle } from './bring-up.js'
import { chipEvents } from './events.js'
import { addressTable, vlanTable } from './filters.js'
import { LIMITS, PF_DEVICES, PLUGIN_NAME } from './limits.js'
import type { Pools } from './pools.js'
import * as R from './registers.js'
import { STATISTICS } from './statistics.js'
import { Intel82599VfControl } from './vf-control.js'

/** The 82599 for the driver of the family. */
export function chip82599(pools: Pools): PfChip<Pools> {
  return {
    description: {
      chip: 'intel-82599',
      pluginName: PLUGIN_NAME,
      // Interrupts, receive and transmit queues: BAR0 without its last page.
      registers: { bar: 0, offset: 0, bytes: 0x3000 },
      limits: LIMITS,
    },
    title: 'an 82599',
    devices: PF_DEVICES,
    pools,
    errors: CHECKSUM_ERRORS,
    queues: {
      rx: R.RDBAL,
      tx: R.TDBAL,
      srrctl: R.SRRCTL(0) - R.RDBAL(0),
      oneBufferDropping: R.Srrctl.advanced | R.Srrctl.dropEnable,
      coalesce: R.RSCCTL(0) - R.RDBAL(0),
      rxThresholds: 0,
      txThresholds: R.TXDCTL_THRESHOLDS,
      stripVlan: R.Rxdctl.stripVlan,
    },
    packetBuffer: { register: R.RXMEMWRAP, emptiesItself: false },
    statistics: STATISTICS,
    steps: STEPS,
    throttle,
    addresses: addressTable,
    vlans: vlanTable,
    control: (mmio) => new Intel82599VfControl(mmio, pools),
    events: (mmio) => chipEvents(mmio, pools),
    vectorEnable: R.EIMS_EX0,
    mask: (mmio) => {
      mmio.write32(R.EIMC, 0x7fffffff)
      mmio.write32(R.EIMC_EX0, 0xffffffff)
      mmio.write32(R.EIMC_EX1, 0xffffffff)
    },
    reset: (mmio) => mmio.write32(R.CTRL, R.Ctrl.reset | R.Ctrl.linkReset),
  }
}

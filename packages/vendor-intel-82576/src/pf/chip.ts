import type { PfChip } from '@npa/vendor-intel-common/pf'
import { CHECKSUM_ERRORS } from '../checksum-errors.js'
import { globalReset, maskInterrupts, STEPS, throttle } from './bring-up.js'
import { chipEvents } from './events.js'
import { addressTable, vlanTable } from './filters.js'
import { LIMITS, PF_DEVICES, PLUGIN_NAME } from './limits.js'
import { poolsOf } from './pools.js'
import * as R from './registers.js'
import { STATISTICS } from './statistics.js'
import { Intel82576VfControl } from './vf-control.js'

/** The 82576 for the driver of the family, with so many VFs and the port's MTU. */
export function chip82576(vfs: number, mtu: number): PfChip {
  return {
    description: {
      chip: 'intel-82576',
      pluginName: PLUGIN_NAME,
      // The transmit queues are in the last of its four pages.
      registers: { bar: 0, offset: 0, bytes: 0x4000 },
      limits: LIMITS,
    },
    title: 'an 82576',
    devices: PF_DEVICES,
    pools: poolsOf(vfs),
    errors: CHECKSUM_ERRORS,
    queues: {
      rx: R.RX,
      tx: R.TX,
      srrctl: R.SRRCTL,
      oneBufferDropping: R.Srrctl.advanced | R.Srrctl.dropEnable,
      rxThresholds: R.RXDCTL_THRESHOLDS,
      txThresholds: R.TXDCTL_THRESHOLDS,
      // VMOLR of the pool says it.
      stripVlan: 0,
    },
    // 64 KiB, and every queue drops what it has no descriptor for. There are 82576 whose PBRWAC says nothing: QEMU's.
    packetBuffer: { register: R.PBRWAC, emptiesItself: true },
    statistics: STATISTICS,
    steps: STEPS,
    throttle,
    addresses: addressTable,
    vlans: vlanTable,
    control: (mmio) => new Intel82576VfControl(mmio, mtu),
    events: chipEvents,
    vectorEnable: R.EIMS,
    mask: (mmio) => maskInterrupts({ mmio }),
    reset: (mmio) => globalReset({ mmio }),
  }
}

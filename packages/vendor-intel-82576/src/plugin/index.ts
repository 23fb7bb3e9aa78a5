import type { PluginMain } from '@npa/plugin-api/guest'
import { intelPlugin } from '@npa/vendor-intel-common/plugin'
import { CHECKSUM_ERRORS } from '../checksum-errors.js'
import * as R from './registers.js'

/** The guest plugin for virtual functions of the Intel 82576. */
export const NPA_PluginMain: PluginMain = intelPlugin({
  causeSet: R.VTEICS,
  causeEnable: R.VTEIMS,
  causeDisable: R.VTEIMC,
  throttle: R.VTEITR,
  vectors: R.VTIVAR,
  rxTail: R.RDT,
  txTail: R.TDT,
  queueStride: R.QUEUE_STRIDE,
  errors: CHECKSUM_ERRORS,
})

import type { PluginMain } from '@npa/plugin-api/guest'
import { intelPlugin } from '@npa/vendor-intel-common/plugin'
import { CHECKSUM_ERRORS } from '../checksum-errors.js'
import * as R from './registers.js'

/** The guest plugin for virtual functions of the Intel 82599. */
export const NPA_PluginMain: PluginMain = intelPlugin({
  causeSet: R.VTEICS,
  causeEnable: R.VTEIMS,
  causeDisable: R.VTEIMC,
  throttle: R.VTEITR,
  rxTail: R.VFRDT,
  txTail: R.VFTDT,
  queueStride: R.QUEUE_STRIDE,
  errors: CHECKSUM_ERRORS,
})

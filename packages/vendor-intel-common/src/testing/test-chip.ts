import type { PluginMain } from '@npa/plugin-api/guest'
import { intelPlugin } from '../plugin/index.js'

/** A plugin for a chip that has its registers where the 82599 has them. */
export const TEST_PLUGIN: PluginMain = intelPlugin({
  causeSet: 0x104,
  causeEnable: 0x108,
  causeDisable: 0x10c,
  throttle: 0x820,
  rxTail: 0x1018,
  txTail: 0x2018,
  queueStride: 0x40,
  errors: { l4: 1 << 30, ip: 1 << 31 },
})

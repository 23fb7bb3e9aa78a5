import type { PluginMain } from '@npa/plugin-api/guest'
import { disableInterrupt, enableInterrupt } from './interrupts.js'
import { addBuffersToRxRing, checkRxRing, reinitRxRing } from './receive.js'
import { swInit } from './sw-init.js'
import { addFrameToTxRing, checkTxRing, reinitTxRing } from './transmit.js'

/**
 * The guest plugin for virtual functions of the Intel 82599: fills in the table of calls. It keeps no state but in the window's
 * private area, so one image serves any number of VFs.
 */
export const NPA_PluginMain: PluginMain = (env, api) => {
  api.swInit = () => swInit(env)
  api.reinitRxRing = (queue) => reinitRxRing(env, queue)
  api.reinitTxRing = (queue) => reinitTxRing(env, queue)
  api.enableInterrupt = (index) => enableInterrupt(env, index)
  api.disableInterrupt = (index) => disableInterrupt(env, index)
  api.addFrameToTxRing = (queue, last) => addFrameToTxRing(env, queue, last)
  api.checkTxRing = (queue) => checkTxRing(env, queue)
  api.checkRxRing = (queue, max) => checkRxRing(env, queue, max)
  api.addBuffersToRxRing = (queue) => addBuffersToRxRing(env, queue)
  return 0
}

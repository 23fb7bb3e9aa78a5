import type { PluginMain } from '@npa/plugin-api/guest'
import { disableInterrupt, enableInterrupt } from './interrupts.js'
import { addBuffersToRxRing, checkRxRing, reinitRxRing } from './receive.js'
import { swInit } from './sw-init.js'
import { addFrameToTxRing, checkTxRing, reinitTxRing } from './transmit.js'
import type { VfChip } from './vf-chip.js'

/**
 * The entry of the guest plugin for a chip's virtual functions: fills in the table of calls. It keeps no state but in the window's
 * private area, so one image serves any number of VFs.
 */
export function intelPlugin(chip: VfChip): PluginMain {
  return (env, api) => {
    api.swInit = () => swInit(env)
    api.reinitRxRing = (queue) => reinitRxRing(env, queue)
    api.reinitTxRing = (queue) => reinitTxRing(env, queue)
    api.enableInterrupt = (index) => enableInterrupt(env, chip, index)
    api.disableInterrupt = (index) => disableInterrupt(env, chip, index)
    api.addFrameToTxRing = (queue, last) => addFrameToTxRing(env, chip, queue, last)
    api.checkTxRing = (queue) => checkTxRing(env, queue)
    api.checkRxRing = (queue, max) => checkRxRing(env, chip, queue, max)
    api.addBuffersToRxRing = (queue) => addBuffersToRxRing(env, chip, queue)
    return 0
  }
}

import { State } from '@npa/plugin-api/guest'
import type { PluginApi, PluginEnv } from '@npa/plugin-api/guest'
import { Pt } from '@npa/vmxnet3-spec'
import { SoftwareRxQueue } from './software-rx.js'
import { SoftwareTxQueue } from './software-tx.js'

/**
 * The built-in plugin (`PluginMain`): drives the emulated rings of vmxnet3 through its BAR0, by nothing but the Plugin API. Its
 * ring memory is laid out as `softwareRingBytes` and its neighbours say.
 */
export function SoftwarePlugin(env: PluginEnv, api: PluginApi): number {
  let tx: SoftwareTxQueue[] = []
  let rx: SoftwareRxQueue[] = []
  const mask = (index: number, masked: number): number => {
    env.mmioWrite32(Pt.imr + index * Pt.stride, masked)
    return 0
  }
  api.swInit = () => {
    const { window } = env
    tx = Array.from({ length: window[State.txQueues] }, (_, queue) => new SoftwareTxQueue(env, queue))
    rx = Array.from({ length: window[State.rxQueues] }, (_, queue) => new SoftwareRxQueue(env, queue))
    return 0
  }
  api.reinitTxRing = (queue) => {
    tx[queue].reinit()
    return 0
  }
  api.reinitRxRing = (queue) => {
    rx[queue].reinit()
    return 0
  }
  api.enableInterrupt = (index) => mask(index, 0)
  api.disableInterrupt = (index) => mask(index, 1)
  api.addFrameToTxRing = (queue, last) => tx[queue].add(last)
  api.checkTxRing = (queue) => tx[queue].check()
  api.checkRxRing = (queue, max) => rx[queue].check(max)
  api.addBuffersToRxRing = (queue) => {
    rx[queue].addBuffers()
    return 0
  }
  return 0
}

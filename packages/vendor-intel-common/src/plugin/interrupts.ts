import { Queue, State } from '@npa/plugin-api/guest'
import type { PluginEnv } from '@npa/plugin-api/guest'
import { DeviceInfo } from '../ring-layout.js'
import { ownWords, rxRecord, THROTTLED } from './private-area.js'
import { receivedWaits } from './receive.js'
import { VTEICS, VTEIMC, VTEIMS, VTEITR } from './registers.js'

/**
 * Unmasks a vector. A cause that came while it was masked is pending in VTEICR and fires now. Frames that were left in the
 * ring, since the shell takes no more than it asks for, have no cause any more: it is set again for them.
 */
export function enableInterrupt(env: PluginEnv, index: number): number {
  const w = env.window
  if (index < 0 || index >= w[State.interrupts]) return 1
  const bit = 1 << index
  const throttled = ownWords(w) + THROTTLED
  if ((w[throttled] & bit) === 0) {
    w[throttled] |= bit
    env.mmioWrite32(VTEITR(index), w[State.deviceInfo + DeviceInfo.throttle])
  }
  env.mmioWrite32(VTEIMS, bit)
  for (let queue = 0; queue < w[State.rxQueues]; queue++) {
    if (w[rxRecord(queue) + Queue.interrupt] !== index || !receivedWaits(env, queue)) continue
    env.mmioWrite32(VTEICS, bit)
    break
  }
  return 0
}

export function disableInterrupt(env: PluginEnv, index: number): number {
  if (index < 0 || index >= env.window[State.interrupts]) return 1
  env.mmioWrite32(VTEIMC, 1 << index)
  return 0
}

import { Queue, State } from '@npa/plugin-api/guest'
import type { PluginEnv } from '@npa/plugin-api/guest'
import { DeviceInfo } from '../layout/index.js'
import { ownWords, rxRecord, THROTTLED, txRecord } from './private-area.js'
import { receivedWaits } from './receive.js'
import type { VfChip } from './vf-chip.js'

/** Of an entry of VTIVAR. */
const VECTOR_VALID = 0x80

/**
 * Unmasks a vector. A cause that came while it was masked is pending in VTEICR and fires now. Frames that were left in the
 * ring, since the shell takes no more than it asks for, have no cause any more: it is set again for them.
 */
export function enableInterrupt(env: PluginEnv, chip: VfChip, index: number): number {
  const w = env.window
  if (index < 0 || index >= w[State.interrupts]) return 1
  const bit = 1 << index
  const throttled = ownWords(w) + THROTTLED
  if ((w[throttled] & bit) === 0) {
    if (w[throttled] === 0 && chip.vectors !== undefined) env.mmioWrite32(chip.vectors, vectorsOf(w))
    w[throttled] |= bit
    env.mmioWrite32(chip.throttle + 4 * index, w[State.deviceInfo + DeviceInfo.throttle])
  }
  env.mmioWrite32(chip.causeEnable, bit)
  for (let queue = 0; queue < w[State.rxQueues]; queue++) {
    if (w[rxRecord(queue) + Queue.interrupt] !== index || !receivedWaits(env, queue)) continue
    env.mmioWrite32(chip.causeSet, bit)
    break
  }
  return 0
}

/** VTIVAR: a byte for receive and for transmit of each queue pair, a vector and the bit that makes it valid. */
function vectorsOf(w: Int32Array): number {
  let entries = 0
  for (let queue = 0; queue < w[State.rxQueues]; queue++) {
    entries |= (VECTOR_VALID | w[rxRecord(queue) + Queue.interrupt]) << (16 * queue)
  }
  for (let queue = 0; queue < w[State.txQueues]; queue++) {
    entries |= (VECTOR_VALID | w[txRecord(queue) + Queue.interrupt]) << (16 * queue + 8)
  }
  return entries >>> 0
}

export function disableInterrupt(env: PluginEnv, chip: VfChip, index: number): number {
  if (index < 0 || index >= env.window[State.interrupts]) return 1
  env.mmioWrite32(chip.causeDisable, 1 << index)
  return 0
}

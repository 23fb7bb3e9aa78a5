import { Queue, State, STATE_MAGIC } from '@npa/plugin-api/guest'
import type { PluginEnv } from '@npa/plugin-api/guest'
import { DeviceInfo, PRIVATE_BYTES, RING_LAYOUT, ringBytes } from '../layout/index.js'
import { ownWords, rxRecord, txRecord } from './private-area.js'

/** Codes of `log` when the plugin refuses a window; the two values are what it found and what it wanted. */
export const Refusal = { magic: 1, layout: 2, privateArea: 3, ring: 4 } as const

/** Checks the window and zeroes the plugin's state. It touches no register: the VF may not be there yet. */
export function swInit(env: PluginEnv): number {
  const w = env.window
  const refuse = (code: number, found: number, wanted: number): number => {
    env.shell.log(code, found, wanted)
    return 1
  }
  if (w[State.magic] !== STATE_MAGIC) return refuse(Refusal.magic, w[State.magic], STATE_MAGIC)
  const layout = w[State.deviceInfo + DeviceInfo.layout]
  if (layout !== RING_LAYOUT) return refuse(Refusal.layout, layout, RING_LAYOUT)
  const own = w[State.privateBytes]
  if (own < PRIVATE_BYTES) return refuse(Refusal.privateArea, own, PRIVATE_BYTES)
  const records = [
    ...Array.from({ length: w[State.txQueues] }, (_, queue) => txRecord(queue)),
    ...Array.from({ length: w[State.rxQueues] }, (_, queue) => rxRecord(queue)),
  ]
  for (const record of records) {
    const wanted = ringBytes(w[record + Queue.ringSize])
    const found = w[record + Queue.ringBytes]
    if (wanted === 0 || found < wanted) return refuse(Refusal.ring, found, wanted)
  }
  w.fill(0, ownWords(w), ownWords(w) + (PRIVATE_BYTES >> 2))
  return 0
}

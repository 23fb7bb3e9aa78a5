import type { PluginEnv } from '@npa/plugin-api/guest'
import { DESC_BYTES } from '@npa/vmxnet3-spec'

/** Releases the descriptors from slot `from` up to slot `to` (not included) of the ring at word `ring` to the device. */
export function syncForDevice(env: PluginEnv, ring: number, from: number, to: number, size: number): void {
  if (from <= to) {
    if (from < to) env.syncForDevice(ring * 4 + from * DESC_BYTES, (to - from) * DESC_BYTES)
    return
  }
  env.syncForDevice(ring * 4 + from * DESC_BYTES, (size - from) * DESC_BYTES)
  if (to > 0) env.syncForDevice(ring * 4, to * DESC_BYTES)
}

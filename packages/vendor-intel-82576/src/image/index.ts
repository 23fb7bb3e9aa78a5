import { API_MAJOR, API_MINOR } from '@npa/plugin-api/guest'
import { writeImage } from '@npa/plugin-api/image'
import type { PluginManifest } from '@npa/plugin-api/image'
import { PLUGIN_SCRIPT } from './plugin-script.js'

/** What the image says of itself. */
export const PLUGIN_MANIFEST: PluginManifest = {
  name: 'intel-82576-vf',
  version: '1.0.0',
  api: { major: API_MAJOR, minor: API_MINOR },
  license: 'GPL-2.0-only',
  device: { vendor: 0x8086, device: 0x10ca },
  kind: 'javascript',
}

/**
 * The image of the guest plugin for 82576 virtual functions. Its code is one expression without imports whose value is
 * `NPA_PluginMain`, whether it is evaluated as a script or returned from a function.
 */
export function pluginImage(): Uint8Array {
  return writeImage({ manifest: PLUGIN_MANIFEST, code: new TextEncoder().encode(PLUGIN_SCRIPT) })
}

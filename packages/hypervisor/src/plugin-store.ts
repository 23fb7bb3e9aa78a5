import { apiCompatible } from '@npa/plugin-api/layout'
import { digest, readImage } from '@npa/plugin-api/image'
import type { PluginManifest } from '@npa/plugin-api/image'
import satisfies from 'spdx-satisfies'
import type { Reason } from './reasons.js'

/** Licences that a plugin may be used under: NPA's policy was the GPL, enforced in hypervisor and shell. */
const POLICY = ['GPL-2.0-only', 'GPL-2.0-or-later']

/** Whether an SPDX expression lets a plugin be used under the policy; false for what is no SPDX expression. */
export function licenceAccepted(expression: string): boolean {
  try {
    return satisfies(expression, POLICY)
  } catch {
    return false
  }
}

export interface StoredPlugin {
  readonly manifest: PluginManifest
  readonly image: Uint8Array
  /** SHA-256 of the image. */
  readonly digest: Uint8Array
}

/** The plugins that a hypervisor can hand to its guests, by name. */
export class PluginStore {
  readonly #plugins = new Map<string, StoredPlugin>()

  /** Takes an image; throws a `PluginImageError` when it is damaged. */
  add(image: Uint8Array): void {
    const { manifest } = readImage(image)
    this.#plugins.set(manifest.name, { manifest, image, digest: digest(image) })
  }

  /** Takes a plugin out of use; VMs that have it keep it. */
  remove(name: string): void {
    this.#plugins.delete(name)
  }

  /** The plugin of a name, or why it may not be used. */
  find(name: string): StoredPlugin | Reason {
    const plugin = this.#plugins.get(name)
    if (plugin === undefined) return 'noPlugin'
    if (!licenceAccepted(plugin.manifest.license)) return 'licenceRefused'
    if (!apiCompatible(plugin.manifest.api.major, plugin.manifest.api.minor)) return 'pluginVersion'
    return plugin
  }
}

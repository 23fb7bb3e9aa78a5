import type { PluginMain } from '@npa/plugin-api/guest'
import type { PluginImage } from '@npa/plugin-api/image'

/** Evaluates in the global scope, where the driver's own names cannot be seen. */
const evaluate: (code: string) => unknown = eval

/**
 * Loads an image of kind `javascript`: a script whose value is `NPA_PluginMain`. It runs with all rights of this realm: for trusted
 * signers only. Throws a `TypeError` when the value is no function, and what the script throws.
 */
export function loadJavaScript(image: PluginImage): PluginMain {
  const code = new TextDecoder('utf-8', { fatal: true }).decode(image.code)
  const main = evaluate(`'use strict';\n${code}`)
  if (typeof main !== 'function') throw new TypeError(`the script of ${image.manifest.name} has no NPA_PluginMain`)
  return main as PluginMain
}

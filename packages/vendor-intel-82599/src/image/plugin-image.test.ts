import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { PluginApi, PluginEnv, PluginMain } from '@npa/plugin-api/guest'
import { MAX_IMAGE_BYTES, readImage } from '@npa/plugin-api/image'
import { expect, test } from 'vitest'
import { pluginImage } from './index.js'

const root = fileURLToPath(new URL('../../../..', import.meta.url))

test('the committed script is what the bundler makes of the plugin now', () => {
  const check = (): Buffer =>
    execFileSync(process.execPath, ['tools/plugin-image/main.mjs', 'packages/vendor-intel-82599', '--check'], {
      cwd: root,
      stdio: 'pipe',
    })
  expect(check).not.toThrow()
})

test('the image names the VF that it drives and reads back whole', () => {
  const bytes = pluginImage()
  expect(bytes.length).toBeLessThan(MAX_IMAGE_BYTES)
  expect(readImage(bytes).manifest).toEqual({
    name: 'intel-82599-vf',
    version: '1.0.0',
    api: { major: 1, minor: 0 },
    license: 'GPL-2.0-only',
    device: { vendor: 0x8086, device: 0x10ed },
    kind: 'javascript',
  })
})

test('its code is an expression that gives the entry, and the entry fills in all nine calls', () => {
  const code = new TextDecoder().decode(readImage(pluginImage()).code)
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- a shell loads it so
  const main = new Function(`return ${code}`)() as PluginMain
  const api: Partial<PluginApi> = {}
  expect(main({} as PluginEnv, api as PluginApi)).toBe(0)
  expect(Object.keys(api).sort()).toEqual([
    'addBuffersToRxRing',
    'addFrameToTxRing',
    'checkRxRing',
    'checkTxRing',
    'disableInterrupt',
    'enableInterrupt',
    'reinitRxRing',
    'reinitTxRing',
    'swInit',
  ])
})

import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { PluginApi, PluginEnv, PluginMain } from '@npa/plugin-api/guest'
import { MAX_IMAGE_BYTES, readImage } from '@npa/plugin-api/image'
import { expect, test } from 'vitest'
import { pluginImage } from './index.js'

const root = fileURLToPath(new URL('../../../..', import.meta.url))

test('the committed script is what the bundler makes of the plugin now', () => {
  const check = (): Buffer =>
    execFileSync(process.execPath, ['tools/plugin-image/main.mjs', 'packages/vendor-intel-82576', '--check'], {
      cwd: root,
      stdio: 'pipe',
    })
  expect(check).not.toThrow()
})

test('the image names the VF that it drives and reads back whole', () => {
  const bytes = pluginImage()
  expect(bytes.length).toBeLessThan(MAX_IMAGE_BYTES)
  expect(readImage(bytes).manifest).toEqual({
    name: 'intel-82576-vf',
    version: '1.0.0',
    api: { major: 1, minor: 0 },
    license: 'GPL-2.0-only',
    device: { vendor: 0x8086, device: 0x10ca },
    kind: 'javascript',
  })
})

test.each([
  // eslint-disable-next-line @typescript-eslint/no-implied-eval, @typescript-eslint/no-unsafe-call -- ways in which shells load it
  ['a function that returns it', (code: string): unknown => new Function(`return ${code}`)()],
  ['an indirect eval', (code: string): unknown => (0, eval)(`'use strict';\n${code}`)],
])('its code is an expression that gives the entry to %s, and the entry fills in all nine calls', (_, load) => {
  const main = load(new TextDecoder().decode(readImage(pluginImage()).code)) as PluginMain
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

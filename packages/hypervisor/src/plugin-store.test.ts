import { PluginImageError, writeImage } from '@npa/plugin-api/image'
import { expect, test } from 'vitest'
import { licenceAccepted, PluginStore } from './plugin-store.js'

const image = (license: string, minor = 0): Uint8Array =>
  writeImage({
    manifest: {
      name: 'p',
      version: '1',
      api: { major: 1, minor },
      license,
      device: { vendor: 0x8086, device: 0x10ed },
      kind: 'javascript',
    },
    code: Uint8Array.of(1, 2, 3),
  })

test('the policy is asked of the expression, not of its text', () => {
  expect(licenceAccepted('GPL-2.0-only')).toBe(true)
  expect(licenceAccepted('MIT OR GPL-2.0-only')).toBe(true)
  expect(licenceAccepted('GPL-2.0-or-later')).toBe(true)
  expect(licenceAccepted('GPL-2.0-only AND Apache-2.0')).toBe(false)
  expect(licenceAccepted('MIT')).toBe(false)
  expect(licenceAccepted('GPL')).toBe(false)
})

test('a plugin is found by its name, or the reason why it may not be used', () => {
  const store = new PluginStore()
  expect(store.find('p')).toBe('noPlugin')
  store.add(image('MIT'))
  expect(store.find('p')).toBe('licenceRefused')
  store.add(image('GPL-2.0-only', 7))
  expect(store.find('p')).toBe('pluginVersion')
  store.add(image('GPL-2.0-only'))
  expect(store.find('p')).toMatchObject({ manifest: { name: 'p' } })
})

test('a damaged image is not taken', () => {
  const bytes = image('GPL-2.0-only')
  bytes[bytes.length - 1] ^= 1
  expect(() => {
    new PluginStore().add(bytes)
  }).toThrow(PluginImageError)
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digest, MAX_IMAGE_BYTES, PluginImageError, readImage, sameDigest, writeImage } from './plugin-image.js'
import type { PluginManifest } from './plugin-image.js'

const manifest: PluginManifest = {
  name: 'made-up',
  version: '1.2.3',
  api: { major: 1, minor: 0 },
  license: 'GPL-2.0-only',
  device: { vendor: 0x8086, device: 0x10ed },
  kind: 'javascript',
}
const code = new TextEncoder().encode('(env, api) => 0')

/** An image whose manifest is any JSON, with header and digest that fit it. */
function withManifest(value: unknown): Uint8Array {
  return writeImage({ manifest: value as PluginManifest, code })
}

describe('plugin image', () => {
  test('is read as it was written', () => {
    const read = readImage(writeImage({ manifest, code }))
    expect(read.manifest).toEqual(manifest)
    expect([...read.code]).toEqual([...code])
  })

  test('every single bit counts', () => {
    const image = writeImage({ manifest, code })
    fc.assert(
      fc.property(fc.nat(image.length * 8 - 1), (bit) => {
        const damaged = image.slice()
        damaged[bit >> 3] ^= 1 << (bit & 7)
        expect(() => readImage(damaged)).toThrow(PluginImageError)
      }),
    )
  })

  test('cut off anywhere, or longer than it says, it is refused', () => {
    const image = writeImage({ manifest, code })
    for (let length = 0; length < image.length; length++) {
      expect(() => readImage(image.subarray(0, length))).toThrow(PluginImageError)
    }
    expect(() => readImage(Uint8Array.of(...image, 0))).toThrow(PluginImageError)
    expect(() => readImage(new Uint8Array(MAX_IMAGE_BYTES + 1))).toThrow(/at most/)
  })

  test('any bytes give an image or a PluginImageError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(() => readImage(bytes)).toThrow(PluginImageError)
      }),
    )
  })

  test.each([
    ['not an object', [1], 'manifest'],
    ['a name missing', { ...manifest, name: undefined }, 'manifest.name'],
    ['an empty version', { ...manifest, version: '' }, 'manifest.version'],
    ['a licence that is no text', { ...manifest, license: 7 }, 'manifest.license'],
    [
      'a version of the contract that is no integer',
      { ...manifest, api: { major: 1.5, minor: 0 } },
      'manifest.api.major',
    ],
    [
      'a device id that is none',
      { ...manifest, device: { vendor: 0x8086, device: 0x10000 } },
      'manifest.device.device',
    ],
    ['a kind that nobody knows', { ...manifest, kind: 'elf' }, 'manifest.kind'],
  ])('a manifest with %s is refused by name', (_, value, field) => {
    expect(() => readImage(withManifest(value))).toThrow(PluginImageError)
    expect(() => readImage(withManifest(value))).toThrow(field)
  })
})

test('SHA-256 of the empty text, FIPS 180-4 example', () => {
  expect(Buffer.from(digest(new Uint8Array())).toString('hex')).toBe(
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  )
  expect(sameDigest(digest(code), digest(code))).toBe(true)
  expect(sameDigest(digest(code), digest(new Uint8Array()))).toBe(false)
})

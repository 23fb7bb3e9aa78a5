import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { BROADCAST, copyMac, formatMac, isBroadcast, isMulticast, macEqual, parseMac } from './mac.js'

describe('MAC addresses', () => {
  test('text and bytes are one', () => {
    expect([...parseMac('00:50:56:00:0A:ff')]).toEqual([0, 0x50, 0x56, 0, 10, 255])
    expect(formatMac(parseMac('00-50-56-00-0a-ff'))).toBe('00:50:56:00:0a:ff')
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), (mac) => {
        expect(parseMac(formatMac(mac))).toEqual(mac)
      }),
    )
  })

  test.each(['', '00:50:56:00:0a', '00:50:56:00:0a:fg', '00:50-56:00:0a:ff', '00:50:56:00:0a:ff:', '005056000aff'])(
    "refuses '%s' by name",
    (text) => {
      expect(() => parseMac(text)).toThrow(`'${text}' is not a MAC address`)
    },
  )

  test('broadcast is a multicast, an unequal byte anywhere makes two addresses', () => {
    const bytes = Uint8Array.of(9, 1, 0, 0x5e, 0, 0, 1)
    expect(isMulticast(bytes, 1)).toBe(true)
    expect(isBroadcast(bytes, 1)).toBe(false)
    expect(isBroadcast(Uint8Array.from(BROADCAST), 0) && isMulticast(Uint8Array.from(BROADCAST), 0)).toBe(true)
    for (let i = 0; i < 6; i++) {
      const other = new Uint8Array(8)
      copyMac(bytes, 1, other, 2)
      expect(macEqual(bytes, 1, other, 2)).toBe(true)
      other[2 + i] ^= 0x80
      expect(macEqual(bytes, 1, other, 2)).toBe(false)
    }
  })
})

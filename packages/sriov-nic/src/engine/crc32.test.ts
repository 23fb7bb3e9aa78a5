import { expect, test } from 'vitest'
import { crc32, crc32c } from './crc32.js'

/** RFC 3720, B.4. */
test.each([
  ['zeros', () => 0, 0x8a9136aa],
  ['ones', () => 0xff, 0x62a8ab43],
  ['ascending', (i: number) => i, 0x46dd794e],
  ['descending', (i: number) => 31 - i, 0x113fdb5c],
])('CRC32c of 32 bytes: %s', (_name, byte, crc) => {
  const u8 = new Uint8Array(40)
  for (let i = 0; i < 32; i++) u8[3 + i] = byte(i)
  expect(crc32c(u8, 3, 32)).toBe(crc)
})

/** The check value of the CRC catalogues. */
test('CRC32 of the digits 1 to 9', () => {
  const u8 = Uint8Array.from('x123456789x', (digit) => digit.charCodeAt(0))
  expect(crc32(u8, 1, 9)).toBe(0xcbf43926)
})

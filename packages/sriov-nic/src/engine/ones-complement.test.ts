import { Arena } from '@npa/memory'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fold, onesSum } from './ones-complement.js'

/** The plain way: big-endian words, carries added at once (RFC 1071, 4.1). */
function reference(bytes: Uint8Array): number {
  let sum = 0
  for (let i = 0; i < bytes.length; i += 2) {
    sum += bytes[i] * 256 + (bytes[i + 1] ?? 0)
    sum = (sum & 0xffff) + (sum >>> 16)
  }
  return sum
}

describe('onesSum', () => {
  test('is the big-endian sum with its bytes exchanged, at any alignment and length', () => {
    const arena = new Arena(65536)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9 }), fc.uint8Array({ maxLength: 200 }), (at, bytes) => {
        arena.u8.set(bytes, at)
        const sum = onesSum(arena.u8, arena.i32, at, bytes.length, 0)
        const swapped = ((sum & 0xff) << 8) | (sum >>> 8)
        expect(swapped % 0xffff).toBe(reference(bytes) % 0xffff)
      }),
    )
  })

  test('the largest frame of all ones does not overflow', () => {
    const arena = new Arena(65536)
    arena.u8.fill(0xff, 0, 16384)
    expect(onesSum(arena.u8, arena.i32, 0, 16384, 0)).toBe(0xffff)
  })

  test('fold adds all carries back', () => {
    expect([fold(0x1ffff), fold(0xffff0001), fold(0xffff)]).toEqual([1, 1, 0xffff])
  })
})

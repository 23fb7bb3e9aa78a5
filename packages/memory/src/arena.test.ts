import { describe, expect, test } from 'vitest'
import { Arena, PAGE } from './index.js'

describe('Arena', () => {
  test('gives out zeroed pages of one shared memory, and takes them back', () => {
    const arena = new Arena(2 * 65536)
    expect(arena.buffer).toBeInstanceOf(SharedArrayBuffer)
    expect(arena.bytes).toBe(2 * 65536)
    const at = arena.allocate(5000)
    expect([at % PAGE, at >= PAGE, arena.bytesInUse]).toEqual([0, true, 5000])
    arena.u8.fill(0xff, at, at + 5000)
    arena.free(at)
    expect(arena.bytesInUse).toBe(0)
    const again = arena.allocate(5000)
    expect(again).toBe(at)
    expect(arena.u8.subarray(at, at + 5000).some((byte) => byte !== 0)).toBe(false)
    expect(() => arena.allocate(2 * 65536)).toThrow(RangeError)
  })

  test.each([0, 1000, 65537, -65536, 2 ** 31])('%i bytes are refused', (bytes) => {
    expect(() => new Arena(bytes)).toThrow(RangeError)
  })
})

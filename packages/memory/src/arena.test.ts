import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Arena, PAGE } from './index.js'

/** The sum the plain way: big-endian words, carries added at once (RFC 1071, 4.1). */
function reference(bytes: Uint8Array): number {
  let sum = 0
  for (let i = 0; i < bytes.length; i += 2) {
    sum += bytes[i] * 256 + (bytes[i + 1] ?? 0)
    sum = (sum & 0xffff) + (sum >>> 16)
  }
  return sum
}

function swapped(word: number): number {
  return ((word & 0xff) << 8) | (word >>> 8)
}

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

  test('another thread attaches with the memory and gives out its own part', () => {
    const arena = new Arena(2 * 65536)
    const part = new Arena(arena.memory, 65536, 65536 + 2 * PAGE)
    expect(part.allocate(PAGE)).toBe(65536)
    arena.u8[65536] = 7
    expect(part.u8[65536]).toBe(7)
    expect(() => part.allocate(2 * PAGE)).toThrow(RangeError)
    part.free(65536)
    expect(part.u8[part.allocate(PAGE)]).toBe(0)
  })

  test('copies between places that overlap, either way, and touches nothing else', () => {
    const arena = new Arena(65536)
    const bytes = fc.nat(200)
    fc.assert(
      fc.property(bytes, bytes, bytes, (to, from, length) => {
        for (let i = 0; i < 512; i++) arena.u8[i] = i * 7
        const expected = arena.u8.slice(0, 512).copyWithin(to, from, from + length)
        arena.copy(to, from, length)
        expect(arena.u8.slice(0, 512)).toEqual(expected)
      }),
    )
  })

  test('a copy that leaves the arena moves nothing', () => {
    const arena = new Arena(65536)
    arena.u8.fill(1, 0, 100)
    expect(() => arena.copy(65500, 0, 100)).toThrow(WebAssembly.RuntimeError)
    expect(() => arena.copy(0, -8, 16)).toThrow(WebAssembly.RuntimeError)
    expect(arena.u8.subarray(65500).every((byte) => byte === 0)).toBe(true)
  })

  test('the sum is the big-endian one with its bytes exchanged, at any alignment and length', () => {
    const arena = new Arena(65536)
    fc.assert(
      fc.property(fc.nat(17), fc.uint8Array({ maxLength: 200 }), fc.nat(0xffff), (at, bytes, initial) => {
        arena.u8.fill(0xa5, 0, 256)
        arena.u8.set(bytes, at)
        const sum = arena.sum(at, bytes.length, swapped(initial))
        expect(swapped(sum) % 0xffff).toBe((reference(bytes) + initial) % 0xffff)
      }),
    )
  })

  test('a sum has its carries added back in, also of 64 KiB of all ones', () => {
    const arena = new Arena(2 * 65536)
    arena.u8.fill(0xff, 0, 65536)
    expect(arena.sum(0, 65536, 0xffffff)).toBe(0xffff + 0xff - 0xffff)
    expect(arena.sum(0, 2, 0xffff)).toBe(0xffff)
    expect(arena.sum(65536, 64, 0x1ffff)).toBe(1)
    expect(() => arena.sum(2 * 65536 - 16, 18, 0)).toThrow(WebAssembly.RuntimeError)
  })

  test('the kernels are those of their text', () => {
    const text = fileURLToPath(new URL('./kernels/bytes.wat', import.meta.url))
    const root = new URL('../../../', import.meta.url)
    execFileSync(process.execPath, [fileURLToPath(new URL('tools/wat/main.mjs', root)), text, '--check'])
  })
})

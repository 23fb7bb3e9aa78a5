import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
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

  test('the kernels are those of their text', () => {
    const text = fileURLToPath(new URL('./kernels/copy.wat', import.meta.url))
    const root = new URL('../../../', import.meta.url)
    execFileSync(process.execPath, [fileURLToPath(new URL('tools/wat/main.mjs', root)), text, '--check'])
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CopyKernels } from '../index.js'

const memory = new WebAssembly.Memory({ initial: 32, maximum: 32, shared: true })
const u8 = new Uint8Array(memory.buffer)
const i32 = new Int32Array(memory.buffer)
const kernels = new CopyKernels(memory)
const HALF = 1 << 20
const LIST = HALF - 4096
const END = u8.length

/** Bytes that are never the same nearby, and a zeroed half behind them. */
function fill(bytes: number): void {
  for (let i = 0; i < bytes; i++) u8[i] = (i * 167 + (i >> 8)) & 0xff
  u8.fill(0, HALF)
}

/** RFC 1071, 4.1, over little-endian words. */
function sumOf(bytes: Uint8Array, start = 0): number {
  let sum = start
  for (let i = 0; i < bytes.length; i += 2) sum += bytes[i] | ((bytes[i + 1] ?? 0) << 8)
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 65536)
  return sum
}

/** What is at the far end: these bytes at their places, and nothing else. */
function expectOnly(parts: readonly { to: number; bytes: Uint8Array }[], about: string): void {
  const wanted = new Uint8Array(END - HALF)
  for (const { to, bytes } of parts) wanted.set(bytes, to - HALF)
  expect(firstDifference(u8.subarray(HALF), wanted), about).toBe(-1)
}

/** Index of the first difference, or -1. */
function firstDifference(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return i
  return -1
}

describe('copies', () => {
  test('every length up to 1100 at every alignment of both ends: these bytes and no others', () => {
    fill(2048)
    for (let bytes = 0; bytes <= 1100; bytes++) {
      const from = bytes % 17
      const to = HALF + 64 + ((bytes * 5) % 16)
      u8.fill(0, HALF, HALF + 2048)
      kernels.copy(to, from, bytes)
      const at = firstDifference(u8.subarray(to, to + bytes), u8.subarray(from, from + bytes))
      expect(at, `${bytes} bytes`).toBe(-1)
      expect(u8[to - 1] | u8[to + bytes] | u8[to + bytes + 15], `around ${bytes} bytes`).toBe(0)
    }
  })

  test('with the sum of RFC 1071, also of many bytes that are all ones', () => {
    fill(4096)
    for (const bytes of [0, 1, 2, 3, 15, 16, 17, 31, 40, 64, 99, 1499, 1500]) {
      u8.fill(0, HALF, HALF + 4096)
      expect(kernels.copySum(HALF, 3, bytes, 0xfffe), `${bytes} bytes`).toBe(sumOf(u8.subarray(3, 3 + bytes), 0xfffe))
      expectOnly([{ to: HALF, bytes: u8.slice(3, 3 + bytes) }], `${bytes} bytes`)
    }
    u8.fill(0xff, 0, HALF - 4096)
    const many = HALF - 4096 - 1
    expect(kernels.copySum(HALF, 0, many, 0)).toBe(sumOf(u8.subarray(0, many)))
  })

  test('what is outside the memory is refused, and changes nothing', () => {
    fill(64)
    for (const copy of [
      kernels.copy,
      (to: number, from: number, bytes: number) => kernels.copySum(to, from, bytes, 0),
    ]) {
      expect(() => copy(END - 10, 0, 2000)).toThrow(WebAssembly.RuntimeError)
      expect(() => copy(HALF, END - 10, 20)).toThrow(WebAssembly.RuntimeError)
      expect(() => copy(HALF, -8, 8)).toThrow(WebAssembly.RuntimeError)
    }
  })

  test('a list of them in one call', () => {
    fill(8192)
    const lengths = [64, 0, 1500, 17]
    const list = lengths.map((bytes, i) => ({ to: HALF + i * 2048, from: i * 100 + 1, bytes }))
    list.forEach(({ to, from, bytes }, i) => i32.set([to, from, bytes, 0xfff0], LIST / 4 + i * 4))
    const parts = list.map(({ to, from, bytes }) => ({ to, bytes: u8.slice(from, from + bytes) }))
    kernels.copyEach(LIST, list.length)
    expectOnly(parts, 'copyEach')
    u8.fill(0, HALF)
    kernels.copySumEach(LIST, list.length)
    expectOnly(parts, 'copySumEach')
    expect(list.map((_, i) => i32[LIST / 4 + i * 4 + 3])).toEqual(parts.map(({ bytes }) => sumOf(bytes, 0xfff0)))
  })
})

describe('scatter and gather', () => {
  const WINDOW = 4096
  const segments = fc.array(
    fc.record({ at: fc.integer({ min: 0, max: 5000 }), bytes: fc.integer({ min: 0, max: 900 }) }),
    {
      maxLength: 8,
    },
  )
  const put = (list: readonly { at: number; bytes: number }[]): void =>
    list.forEach(({ at, bytes }, i) => i32.set([at, bytes], LIST / 4 + i * 2))

  test('gathers what is inside the window and fits, and nothing from outside', () => {
    fc.assert(
      fc.property(segments, fc.integer({ min: 0, max: 4000 }), (list, room) => {
        fill(8192)
        put(list)
        const total = list.reduce((sum, { bytes }) => sum + bytes, 0)
        const sound = list.every(({ at, bytes }) => at + bytes <= WINDOW) && total <= room
        const done = kernels.gather(LIST, list.length, 1024, WINDOW, HALF, room)
        expect(done).toBe(sound ? total : -1)
        expect(u8[HALF + room]).toBe(0)
        if (!sound) return
        const joined = list.flatMap(({ at, bytes }) => [...u8.subarray(1024 + at, 1024 + at + bytes)])
        expectOnly([{ to: HALF, bytes: Uint8Array.from(joined) }], 'gather')
      }),
      { numRuns: 100 },
    )
  })

  test('scatters in order, as far as there are bytes, and never outside the window', () => {
    fc.assert(
      fc.property(segments, fc.integer({ min: 0, max: 4000 }), (list, bytes) => {
        fill(8192)
        put(list)
        const wanted = new Uint8Array(END - HALF)
        let left = bytes
        let used = 0
        for (const { at, bytes: room } of list) {
          if (left === 0 || at + room > WINDOW) break
          const part = Math.min(left, room)
          wanted.set(u8.subarray(bytes - left, bytes - left + part), 1024 + at)
          left -= part
          used++
        }
        expect(kernels.scatter(LIST, list.length, HALF + 1024, WINDOW, 0, bytes)).toBe(left === 0 ? used : -1)
        expect(firstDifference(u8.subarray(HALF), wanted)).toBe(-1)
      }),
      { numRuns: 100 },
    )
  })

  test.each([
    [-1, 1],
    [0, -1],
    [4096, 1],
    [4095, 2],
    [0x7fffffff, 0x7fffffff],
    [-16, 32],
  ])('a segment of %d, %d bytes leaves the window', (at, bytes) => {
    fill(64)
    put([{ at, bytes }])
    expect(kernels.gather(LIST, 1, 0, WINDOW, HALF, 0x7fffffff)).toBe(-1)
    expect(kernels.scatter(LIST, 1, HALF, WINDOW, 0, 1)).toBe(-1)
    expectOnly([], 'nothing')
  })
})

describe('drain', () => {
  const RING = LIST
  const STATE = HALF - 128
  const WINDOW = 65536
  const BUFFER = 65536
  const EOP = 0x01000000
  const RS = 0x08000000
  const describe4 = (i: number, words: readonly number[]): void => i32.set(words, RING / 4 + (i & 7) * 4)
  const state = (): number[] => [...i32.subarray(STATE / 4, STATE / 4 + 4)]

  test('copies frames one after the other, counts them, writes back where asked for', () => {
    fill(8192)
    i32.fill(0, STATE / 4, STATE / 4 + 4)
    describe4(6, [100, 0, 64 | EOP | RS, 0])
    describe4(7, [300, 0, 1500 | EOP, 0])
    describe4(8, [2000, 0, 61 | EOP | RS, 0])
    kernels.drain(RING, 7, 6, 3, 0, WINDOW, HALF, BUFFER, STATE)
    expect(state()).toEqual([64 + 1536 + 64, 3, 1625, 0])
    const parts = [
      { to: HALF, bytes: u8.slice(100, 164) },
      { to: HALF + 64, bytes: u8.slice(300, 1800) },
      { to: HALF + 1600, bytes: u8.slice(2000, 2061) },
    ]
    expectOnly(parts, 'drain')
    expect([6, 7, 0].map((i) => i32[RING / 4 + i * 4 + 3])).toEqual([1, 0, 1])
  })

  test('begins again at the start of the buffer when a frame does not fit behind the last', () => {
    fill(8192)
    i32.set([BUFFER - 64, 0, 0, 0], STATE / 4)
    describe4(0, [0, 0, 65 | EOP, 0])
    kernels.drain(RING, 7, 0, 1, 0, WINDOW, HALF, BUFFER, STATE)
    expect(state()).toEqual([128, 1, 65, 0])
    expectOnly([{ to: HALF, bytes: u8.slice(0, 65) }], 'at the start')
  })

  test.each([
    ['outside the window', [WINDOW - 63, 0, 64 | EOP, 0]],
    ['below it', [-1, 0, 64 | EOP, 0]],
    ['above 4 GiB', [0, 1, 64 | EOP, 0]],
    ['without EOP', [0, 0, 64, 0]],
    ['with a command that only looks like it', [0, 0, 64 | 0x02000000, 0]],
  ])('a frame %s is refused and done', (_, words) => {
    fill(64)
    i32.fill(0, STATE / 4, STATE / 4 + 4)
    describe4(0, [words[0], words[1], words[2] | RS, 0])
    kernels.drain(RING, 7, 0, 1, 0, WINDOW, HALF, BUFFER, STATE)
    expect(state()).toEqual([0, 0, 0, 1])
    expect(i32[RING / 4 + 3]).toBe(1)
    expectOnly([], 'nothing')
  })
})

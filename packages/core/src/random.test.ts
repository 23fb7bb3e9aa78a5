import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { randomStream } from './index.js'

const take = (seed: number, name: string, n: number): number[] => {
  const random = randomStream(seed, name)
  return Array.from({ length: n }, () => random.u32())
}

describe('randomStream', () => {
  test('the same seed and name give the same numbers, any other give others', () => {
    const seed = fc.integer({ min: 0, max: 0xffffffff })
    fc.assert(
      fc.property(seed, seed, fc.string(), fc.string(), (seedA, seedB, nameA, nameB) => {
        const a = take(seedA, nameA, 8)
        expect(take(seedA, nameA, 8)).toEqual(a)
        if (seedA !== seedB) expect(take(seedB, nameA, 8)).not.toEqual(a)
        if (nameA !== nameB) expect(take(seedA, nameB, 8)).not.toEqual(a)
      }),
    )
  })

  test('numbers are u32 and every bit is set half of the time', () => {
    const numbers = take(1, 'bits', 4000)
    expect(numbers.every((n) => Number.isInteger(n) && n >= 0 && n < 2 ** 32)).toBe(true)
    for (let bit = 0; bit < 32; bit++) {
      const ones = numbers.reduce((n, value) => n + ((value >>> bit) & 1), 0)
      expect(Math.abs(ones - 2000)).toBeLessThan(200)
    }
  })

  test('below stays below and reaches every value, up to 2^32', () => {
    const random = randomStream(7, 'dice')
    const seen = new Set(Array.from({ length: 500 }, () => random.below(6)))
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5])
    expect(random.below(1)).toBe(0)
    expect(Math.max(...Array.from({ length: 200 }, () => random.below(2 ** 32)))).toBeGreaterThan(2 ** 31)
  })
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addRange, reassembly, takeRanges } from './reassembly.js'

test('ranges are those of a set of numbers, across 2^31 and 2^32', () => {
  const part = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 12 }))
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 12 }),
      fc.constantFrom(0, 0x7fffffe0, 0xffffffe0, 0xfffffffe),
      fc.integer({ min: 0, max: 20 }),
      (parts, origin, reach) => {
        const r = reassembly(32)
        const set = new Set<number>()
        for (const [from, length] of parts) {
          expect(addRange(r, origin + from, origin + from + length)).toBe(true)
          for (let i = from; i < from + length; i++) set.add(i)
        }
        const noted = new Set<number>()
        for (let i = 0; i < r.count; i++) {
          const start = (r.starts[i] - origin) | 0
          const end = (r.ends[i] - origin) | 0
          // Sorted and apart.
          if (i > 0) expect(start).toBeGreaterThan((r.ends[i - 1] - origin) | 0)
          for (let n = start; n < end; n++) noted.add(n)
        }
        expect([...noted].sort((a, b) => a - b)).toEqual([...set].sort((a, b) => a - b))
        let expected = reach
        while (set.has(expected)) expected++
        expect((takeRanges(r, origin + reach) - origin) | 0).toBe(expected)
        if (r.count > 0) expect((r.starts[0] - origin) | 0).toBeGreaterThan(expected)
      },
    ),
  )
})

test('without a place left, only what touches a range is noted', () => {
  const r = reassembly(2)
  expect([addRange(r, 10, 20), addRange(r, 30, 40), addRange(r, 50, 60)]).toEqual([true, true, false])
  expect([addRange(r, 40, 50), r.count, r.ends[1]]).toEqual([true, 2, 50])
})

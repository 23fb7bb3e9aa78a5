import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RangeAllocator } from './index.js'

describe('RangeAllocator', () => {
  test('ranges are aligned, inside and apart; what does not fit is refused only when it cannot fit; all of it comes back', () => {
    const op = fc.record({
      free: fc.boolean(),
      pick: fc.nat(),
      bytes: fc.integer({ min: 1, max: 40 }),
      log: fc.integer({ min: 0, max: 5 }),
    })
    fc.assert(
      fc.property(fc.array(op, { maxLength: 80 }), (ops) => {
        const START = 16
        const END = 272
        const ranges = new RangeAllocator('test', START, END)
        const used = new Uint8Array(END)
        const out = new Map<number, number>()
        for (const { free, pick, bytes, log } of ops) {
          const starts = [...out.keys()]
          if (free && starts.length > 0) {
            const start = starts[pick % starts.length]
            ranges.free(start)
            used.fill(0, start, start + (out.get(start) ?? 0))
            out.delete(start)
          } else {
            const align = 2 ** log
            let fits = -1
            for (let at = Math.ceil(START / align) * align; fits < 0 && at + bytes <= END; at += align) {
              if (!used.subarray(at, at + bytes).includes(1)) fits = at
            }
            if (fits < 0) expect(() => ranges.allocate(bytes, align)).toThrow(RangeError)
            else {
              expect(ranges.allocate(bytes, align)).toBe(fits)
              used.fill(1, fits, fits + bytes)
              out.set(fits, bytes)
            }
          }
          expect(ranges.inUse).toBe(out.size)
          expect(ranges.bytesInUse).toBe(used.reduce((n, byte) => n + byte, 0))
        }
        for (const start of out.keys()) ranges.free(start)
        expect(ranges.allocate(END - START, 1)).toBe(START)
      }),
    )
  })

  test('freeing what is not out, and asking for no bytes, is a bug of the caller', () => {
    const ranges = new RangeAllocator('test', 0, 100)
    const start = ranges.allocate(10, 1)
    ranges.free(start)
    expect(() => ranges.free(start)).toThrow(/test: 0 was not allocated/)
    expect(() => ranges.allocate(0, 1)).toThrow(RangeError)
    expect(() => ranges.allocate(1.5, 1)).toThrow(RangeError)
  })
})

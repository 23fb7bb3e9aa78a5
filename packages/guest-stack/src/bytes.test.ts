import fc from 'fast-check'
import { expect, test } from 'vitest'
import { sumBytes } from '@npa/wire'
import { copyBytes, foldSum, sumWords, wordsOf } from './bytes.js'

function filled(bytes: number, step: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => i * step + 1)
}

test('copies between all alignments, and touches nothing else', () => {
  fc.assert(
    fc.property(
      fc.nat(7),
      fc.nat(11),
      fc.nat(7),
      fc.nat(11),
      fc.nat(90),
      fc.nat(3),
      (base, at, toBase, toAt, n, tail) => {
        const from = filled(base + at + n + tail, 7).subarray(base)
        const to = filled(toBase + toAt + n + 9, 11).subarray(toBase)
        const expected = to.slice()
        expected.set(from.subarray(at, at + n), toAt)
        copyBytes(wordsOf(from), at, wordsOf(to), toAt, n)
        expect(to).toEqual(expected)
      },
    ),
    { numRuns: 2000 },
  )
})

test('sums like the byte by byte sum, at all alignments', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 12, maxLength: 120 }), fc.nat(5), fc.nat(5), (u8, base, at) => {
      const bytes = u8.subarray(base)
      const n = bytes.length - at
      expect(foldSum(sumWords(wordsOf(bytes), at, n)) % 0xffff).toBe(sumBytes(bytes, at, n, 0) % 0xffff)
    }),
    { numRuns: 2000 },
  )
  const ones = new Uint8Array(65536).fill(255)
  expect(foldSum(sumWords(wordsOf(ones), 0, 65536))).toBe(0xffff)
})

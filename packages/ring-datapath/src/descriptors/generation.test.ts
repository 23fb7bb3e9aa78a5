import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { GenerationRing } from '../index.js'
import type { GenerationPlace } from '../index.js'

const FIRST = 8
const OWN = 1 << 14

function place(count: number): GenerationPlace {
  const words = new Int32Array(new SharedArrayBuffer((FIRST + count * 4) * 4))
  return { words, first: FIRST, count, descriptorWords: 4, ownWord: 2, ownBit: OWN }
}

describe('GenerationRing', () => {
  test.each([
    { count: 1 },
    { count: 65537 },
    { descriptorWords: 2 },
    { first: 9 },
    { ownWord: -1 },
    { count: 3.5 },
    { ownBit: 0 },
    { ownBit: 3 },
    { ownBit: 2 ** 32 },
  ])('%j is refused', (change) => {
    expect(() => new GenerationRing({ ...place(8), ...change })).toThrow(RangeError)
  })

  test.each([2 ** 31, -(2 ** 31)])('the highest bit of a word may be the own bit, as %d', (ownBit) => {
    const ring = new GenerationRing({ ...place(2), ownBit })
    const writer = ring.writer()
    const reader = ring.reader()
    for (let lap = 0; lap < 3; lap++) {
      ring.place.words[writer.slot(1) + 2] = writer.own(1) | 5
      writer.publish(2, 5)
      expect(reader.peek(2)).toBe(2)
      reader.release(2)
      writer.credit(2)
      expect(reader.peek(2)).toBe(0)
    }
  })

  test('what is published is read once, in order, over many laps; the first own word makes a batch visible', () => {
    const step = fc.record({ kind: fc.constantFrom('write', 'read', 'credit'), count: fc.integer({ min: 1, max: 9 }) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), fc.integer({ min: 2, max: 9 }), (steps, count) => {
        const ring = new GenerationRing(place(count))
        const { words } = ring.place
        const writer = ring.writer()
        const reader = ring.reader()
        const published: number[] = []
        let read = 0
        let next = 1
        for (const { kind, count: wanted } of steps) {
          expect(writer.room).toBe(count - published.length - read)
          if (kind === 'write') {
            const n = Math.min(wanted, writer.room)
            if (n === 0) continue
            for (let i = n - 1; i >= 0; i--) {
              words[writer.slot(i)] = next + i
              if (i > 0) words[writer.slot(i) + 2] = (next + i) | writer.own(i)
            }
            expect(reader.peek(count)).toBe(published.length)
            writer.publish(n, next)
            for (let i = 0; i < n; i++) published.push(next++)
          } else if (kind === 'read') {
            const n = reader.peek(wanted)
            expect(n).toBe(Math.min(wanted, published.length))
            for (let i = 0; i < n; i++) {
              expect(words[reader.slot(i)]).toBe(published[i])
              expect(words[reader.slot(i) + 2] & ~OWN).toBe(published[i])
            }
            reader.release(n)
            published.splice(0, n)
            read += n
          } else {
            writer.credit(wanted)
            if (wanted <= published.length + read) read -= wanted
            if (read < 0) return
          }
        }
      }),
      { numRuns: 300 },
    )
  })

  test('bits that a hostile writer has set show no more than one lap', () => {
    const ring = new GenerationRing(place(4))
    const reader = ring.reader()
    for (let lap = 0; lap < 3; lap++) {
      ring.place.words.fill(lap % 2 === 0 ? OWN : 0)
      expect(reader.peek(100)).toBe(4)
      expect(reader.slot(3)).toBe(FIRST + 12)
      reader.release(4)
      expect(reader.peek(100)).toBe(0)
    }
  })

  test('credit for more than is out is none', () => {
    const writer = new GenerationRing(place(4)).writer()
    writer.credit(1)
    expect(writer.room).toBe(4)
    writer.publish(2, 0)
    writer.credit(3)
    writer.credit(-1)
    expect(writer.room).toBe(2)
    writer.credit(2)
    expect(writer.room).toBe(4)
  })
})

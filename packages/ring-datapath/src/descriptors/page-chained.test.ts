import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PageChainedRing } from '../index.js'
import type { PageChainedPlace } from '../index.js'

const FIRST = 16
const PRODUCED = 0
const CONSUMED = 1
const BASE_LO = 0xfffff000 | 0
const BASE_HI = 1

/** The first page ends at 4 GiB, so that addresses carry over into the high word. */
function place(pages: number, perPage: number, links: number): PageChainedPlace {
  const descriptorWords = 4
  const words = new Int32Array(new SharedArrayBuffer((FIRST + pages * perPage * descriptorWords) * 4))
  const at = { produced: PRODUCED, consumed: CONSUMED, baseLo: BASE_LO, baseHi: BASE_HI }
  return { words, first: FIRST, pages, perPage, links, descriptorWords, ...at }
}

describe('PageChainedRing', () => {
  test.each([
    { pages: 3 },
    { pages: 0 },
    { perPage: 6 },
    { pages: 8192 },
    { links: 0 },
    { links: 8 },
    { descriptorWords: 1 },
    { first: 32 },
    { produced: 1 << 20 },
    { consumed: -1 },
  ])('%j is refused', (change) => {
    expect(() => new PageChainedRing({ ...place(2, 8, 1), ...change })).toThrow(RangeError)
  })

  test('links lead from page to page and back to the first, over 4 GiB', () => {
    const ring = new PageChainedRing(place(2, 256, 1))
    ring.writer()
    const link = (page: number): number[] => [...ring.place.words.subarray(FIRST + page * 1024 + 1020).subarray(0, 2)]
    expect(link(0)).toEqual([0, 2])
    expect(link(1)).toEqual([BASE_LO, 1])
  })

  test('what is written is read in order, links stepped over, while the positions run over', () => {
    const step = fc.record({ kind: fc.constantFrom('write', 'read'), count: fc.integer({ min: 1, max: 30 }) })
    const shape = fc.constantFrom([1, 8, 1], [2, 8, 1], [4, 4, 2], [2, 16, 2], [8, 2, 1])
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), shape, (steps, [pages, perPage, links]) => {
        const ring = new PageChainedRing(place(pages, perPage, links))
        const { words } = ring.place
        const writer = ring.writer()
        const reader = ring.reader()
        const model: number[] = []
        const all = pages * (perPage - links)
        let next = 1
        for (const { kind, count } of steps) {
          if (kind === 'write') {
            const n = writer.reserve(count)
            expect(n).toBe(Math.min(count, all - model.length))
            for (let i = 0; i < n; i++) words[writer.slot(i)] = next + i
            writer.commit(n)
            for (let i = 0; i < n; i++) model.push(next++)
          } else {
            let left = count
            for (let n = reader.peek(left); n > 0; n = reader.peek(left)) {
              for (let i = 0; i < n; i++) expect(words[reader.slot(i)]).toBe(model[i])
              model.splice(0, n)
              reader.release(n)
              left -= n
            }
            expect(left === 0 || model.length === 0).toBe(true)
          }
        }
        expect(reader.broken).toBe(false)
      }),
      { numRuns: 300 },
    )
  })

  test('positions run over 16 bits', () => {
    const ring = new PageChainedRing(place(2, 8, 1))
    const writer = ring.writer()
    const reader = ring.reader()
    for (let n = 0; n < 70_000; n++) {
      expect(writer.reserve(14)).toBe(14)
      ring.place.words[writer.slot(0)] = n
      writer.commit(1)
      expect(reader.peek(14)).toBe(1)
      expect(ring.place.words[reader.slot(0)]).toBe(n)
      reader.release(1)
    }
  })

  test.each([
    ['before the ring', [BASE_LO - 128, BASE_HI]],
    ['behind it', [(BASE_LO + 256) | 0, BASE_HI]],
    ['into the middle of a page', [BASE_LO + 16, BASE_HI]],
    ['to another 4 GiB', [BASE_LO, 0]],
    ['far away', [-1, -1]],
  ])('a link %s stops the reader for good', (_, link) => {
    const ring = new PageChainedRing(place(2, 8, 1))
    const writer = ring.writer()
    const reader = ring.reader()
    ring.place.words.set(link, FIRST + 7 * 4)
    writer.commit(writer.reserve(14))
    expect(reader.peek(14)).toBe(7)
    reader.release(7)
    expect(reader.broken).toBe(true)
    expect(reader.peek(14)).toBe(0)
  })

  test('a link that leads to another page of the ring is followed, and never out', () => {
    const ring = new PageChainedRing(place(2, 8, 1))
    const reader = ring.reader()
    const writer = ring.writer()
    for (const page of [0, 1]) ring.place.words.set([BASE_LO, BASE_HI], FIRST + page * 32 + 28)
    writer.commit(14)
    reader.release(reader.peek(7))
    expect([reader.slot(0), reader.peek(14)]).toEqual([FIRST, 7])
  })

  test('whatever the positions say, both ends stay in the ring and come back', () => {
    const position = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
    fc.assert(
      fc.property(fc.array(fc.tuple(position, position), { maxLength: 50 }), (forged) => {
        const ring = new PageChainedRing(place(4, 8, 2))
        const writer = ring.writer()
        const reader = ring.reader()
        for (const [produced, consumed] of forged) {
          ring.place.words[CONSUMED] = consumed
          const room = writer.reserve(100)
          expect(room).toBeLessThanOrEqual(24)
          for (let i = 0; i < room; i++) expect(offsetOf(writer.slot(i))).toBeLessThan(6)
          writer.commit(room)
          ring.place.words[PRODUCED] = produced
          const there = reader.peek(100)
          expect(there).toBeLessThanOrEqual(6)
          for (let i = 0; i < there; i++) expect(offsetOf(reader.slot(i))).toBeLessThan(6)
          reader.release(there)
          expect(reader.broken).toBe(false)
        }
      }),
      { numRuns: 300 },
    )

    /** Place in its page of the descriptor there, which is one of the ring. */
    function offsetOf(word: number): number {
      const index = (word - FIRST) / 4
      expect(Number.isInteger(index) && index >= 0 && index < 32).toBe(true)
      return index % 8
    }
  })
})

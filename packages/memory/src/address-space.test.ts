import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AddressSpace, PAGE } from './index.js'

/** Above 4 GiB on purpose: the second half of the pages has another high word. */
const BASE = 2 ** 32 - 8 * PAGE
const PAGES = 16

interface Page {
  readonly at: number
  readonly writable: boolean
}

const op = fc.record({
  map: fc.boolean(),
  from: fc.integer({ min: 0, max: PAGES - 1 }),
  count: fc.integer({ min: 1, max: PAGES }),
  at: fc.integer({ min: 0, max: 63 }),
  writable: fc.boolean(),
})

describe('AddressSpace', () => {
  test('any maps and unmaps give what an array of pages gives', () => {
    fc.assert(
      fc.property(fc.array(op, { maxLength: 30 }), (ops) => {
        const space = new AddressSpace('bus')
        const model: (Page | undefined)[] = new Array<Page | undefined>(PAGES).fill(undefined)
        for (const { map, from, count, at, writable } of ops) {
          const pages = Math.min(count, PAGES - from)
          const epoch = space.epoch
          if (map) space.map(BASE + from * PAGE, pages * PAGE, at * PAGE, writable)
          else space.unmap(BASE + from * PAGE, pages * PAGE)
          expect(space.epoch).toBeGreaterThan(epoch)
          for (let i = 0; i < pages; i++) model[from + i] = map ? { at: (at + i) * PAGE, writable } : undefined
          for (let p = -1; p <= PAGES; p++) {
            const address = BASE + p * PAGE + 20
            const [lo, hi] = [address | 0, Math.floor(address / 2 ** 32)]
            const page = p < 0 ? undefined : model[p]
            expect(space.translate(lo, hi, false)).toBe(page === undefined ? -1 : page.at + 20)
            expect(space.translate(lo, hi, true)).toBe(page?.writable === true ? page.at + 20 : -1)
            if (page === undefined) continue
            space.translate(lo, hi, false)
            const reach = contiguous(model, p) * PAGE - 20
            expect(space.run(lo, hi)).toBe(reach)
            expect(space.span(lo, hi, reach, page.writable)).toBe(page.at + 20)
            expect(space.span(lo, hi, reach + 1, page.writable)).toBe(-1)
          }
        }
      }),
      { numRuns: 150 },
    )
  })

  test('high words that no map reaches are unmapped, signed or not', () => {
    const space = new AddressSpace('bus')
    space.map(0, PAGE, 0)
    expect([
      space.translate(0, -1, false),
      space.translate(0, 0xffffffff, false),
      space.translate(0, 0, false),
    ]).toEqual([-1, -1, 0])
  })

  test.each([
    [100, PAGE, 0],
    [0, 100, 0],
    [0, 0, 0],
    [-PAGE, PAGE, 0],
    [0, PAGE, 100],
    [0, PAGE, -PAGE],
  ])('what is not made of pages is refused: %i + %i at %i', (start, bytes, at) => {
    expect(() => new AddressSpace('bus').map(start, bytes, at)).toThrow(RangeError)
  })
})

/** Pages from `p` on that go on in the arena with the same rights. */
function contiguous(model: readonly (Page | undefined)[], p: number): number {
  const first = model[p]
  let n = 1
  for (; first !== undefined; n++) {
    const next = model[p + n]
    if (next?.at !== first.at + n * PAGE || next.writable !== first.writable) break
  }
  return n
}

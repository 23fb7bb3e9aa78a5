import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { HeadTailRing } from '../index.js'
import type { HeadTailPlace } from '../index.js'

const FIRST = 16
const TAIL = 0
const SENTINEL = 77

function place(count: number, descriptorWords = 4): HeadTailPlace {
  const words = new Int32Array(new SharedArrayBuffer((FIRST + count * descriptorWords + 8) * 4))
  words.fill(SENTINEL, FIRST + count * descriptorWords)
  return { words, first: FIRST, count, descriptorWords, doneWord: descriptorWords - 1, doneBit: 1, tail: TAIL }
}

describe('HeadTailRing', () => {
  test.each([
    { count: 1 },
    { count: 65537 },
    { count: 2.5 },
    { descriptorWords: 0 },
    { doneWord: 4 },
    { first: -1 },
    { first: 40 },
    { tail: 1 << 20 },
    { doneBit: 0 },
    { doneBit: 5 },
  ])('%j is refused', (change) => {
    expect(() => new HeadTailRing({ ...place(8), ...change })).toThrow(RangeError)
  })

  test('what the driver posts the device fetches, in order, and what it writes back the driver reaps', () => {
    const step = fc.record({ kind: fc.constantFrom('post', 'work', 'reap'), count: fc.integer({ min: 1, max: 9 }) })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), fc.integer({ min: 2, max: 11 }), (steps, count) => {
        const ring = new HeadTailRing(place(count))
        const driver = ring.driver()
        const device = ring.device()
        const { words } = ring.place
        /** Numbers of descriptors that are posted, and of those the ones that are done. */
        const posted: number[] = []
        let done = 0
        let next = 0
        for (const { kind, count: wanted } of steps) {
          expect(driver.room).toBe(count - 1 - posted.length)
          if (kind === 'post') {
            const n = Math.min(wanted, driver.room)
            for (let i = 0; i < n; i++) words.set([next + i, 0, 0, 0], driver.slot(i))
            driver.post(n)
            for (let i = 0; i < n; i++) posted.push(next++)
          } else if (kind === 'work') {
            const n = device.fetch(wanted)
            expect(n).toBe(Math.min(wanted, posted.length - done))
            for (let i = 0; i < n; i++) expect(words[device.slot(i)]).toBe(posted[done + i])
            for (let i = n - 1; i > 0; i--) words[device.slot(i) + 3] = 1
            if (n > 0) device.writeBack(0, 1)
            device.advance(n)
            done += n
          } else {
            const n = driver.done(wanted)
            expect(n).toBe(Math.min(wanted, done))
            for (let i = 0; i < n; i++) expect(words[driver.doneSlot(i)]).toBe(posted[i])
            driver.reap(n)
            posted.splice(0, n)
            done -= n
          }
        }
        expect([...words.subarray(-8)]).toEqual(new Array(8).fill(SENTINEL))
      }),
      { numRuns: 300 },
    )
  })

  test('a tail outside the ring is none; inside, whatever it is, the device stays in the ring', () => {
    const ring = new HeadTailRing(place(8))
    const device = ring.device()
    for (const tail of [-1, 8, 2 ** 31 - 1, -(2 ** 31)]) {
      ring.place.words[TAIL] = tail
      expect(device.fetch(100)).toBe(0)
    }
    for (let n = 0; n < 1000; n++) {
      ring.place.words[TAIL] = (n * 5) % 8
      const there = device.fetch(100)
      expect(there).toBeLessThan(8)
      for (let i = 0; i < there; i++) expect(device.slot(i)).toBeLessThanOrEqual(FIRST + 28)
      device.advance(there)
    }
  })

  test('DD of descriptors that were not posted is not believed', () => {
    const ring = new HeadTailRing(place(8))
    const driver = ring.driver()
    ring.place.words.fill(1, FIRST, FIRST + 32)
    expect(driver.done(8)).toBe(0)
  })
})

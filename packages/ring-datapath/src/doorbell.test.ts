import { afterEach, describe, expect, test } from 'vitest'
import { Doorbell, DOORBELL_BYTES } from './index.js'

const atomics = Atomics as { waitAsync?: typeof Atomics.waitAsync }
const { waitAsync } = atomics

/** A bell, and its two words: sequence, waiters. */
function bell(options = {}): { bell: Doorbell; words: Int32Array } {
  const buffer = new SharedArrayBuffer(DOORBELL_BYTES)
  return { bell: new Doorbell(buffer, 0, options), words: new Int32Array(buffer) }
}

describe('Doorbell', () => {
  test.each([2, -4, NaN, 1020, 2 ** 40])('none fits at offset %d of 1024 bytes', (at) => {
    const make = (): Doorbell => new Doorbell(new SharedArrayBuffer(1024), at)
    expect(make).toThrow(RangeError)
    expect(make).toThrow(/^no place for a doorbell: /)
  })

  test('one that rings between the ticket and the wait is not lost, one that rings before is not heard', async () => {
    const { bell: one, words } = bell()
    one.ring()
    const ticket = one.prepare()
    one.ring()
    expect(one.wait(ticket, 60_000)).toBe(true)
    expect(one.wait(one.prepare(), 1)).toBe(false)
    const second = one.prepare()
    const woken = one.waitAsync(second, 60_000)
    one.ring()
    expect(await woken).toBe(true)
    expect(await one.waitAsync(one.prepare(), 1)).toBe(false)
    expect(words[1]).toBe(0)
  })

  test('anybody can see whether one who sleeps has been woken already', () => {
    const { bell: one } = bell()
    const ticket = one.prepare()
    expect(one.hasRung(ticket)).toBe(false)
    one.ring()
    expect(one.hasRung(ticket)).toBe(true)
    expect(one.wait(ticket, 60_000)).toBe(true)
    expect(one.hasRung(one.prepare())).toBe(false)
  })

  test('who rings while nobody waits changes nothing, so that it costs a load', () => {
    const { bell: one, words } = bell()
    one.ring()
    expect([...words]).toEqual([0, 0])
    one.prepare()
    one.cancel()
    one.ring()
    expect([...words]).toEqual([0, 0])
  })

  test('looks so often as it was told before it sleeps', () => {
    const { bell: one, words } = bell({ spins: 7 })
    let looks = 0
    expect(one.until(() => (words[1] === 0 ? ++looks > 6 : false))).toBe(true)
    expect(looks).toBe(7)
    looks = 0
    expect(one.until(() => words[1] === 1 || ++looks > 7)).toBe(true)
    expect(looks).toBe(7)
    expect(words[1]).toBe(0)
  })

  test('gives up when time runs out, with what holds then', async () => {
    const { bell: one, words } = bell()
    expect(one.until(() => false, 1)).toBe(false)
    expect(await one.untilAsync(() => false, 1)).toBe(false)
    expect(words[1]).toBe(0)
  })

  test('nobody waits any more where the condition throws', async () => {
    const { bell: one, words } = bell({ spins: 0 })
    const broken = (): boolean => {
      throw new Error('broken')
    }
    expect(() => one.until(broken)).toThrow('broken')
    await expect(one.untilAsync(broken)).rejects.toThrow('broken')
    expect(words[1]).toBe(0)
  })

  test('one that rings without an end leaves time for the thread that waits without blocking', async () => {
    const { bell: one, words } = bell()
    let over = false
    let looks = 0
    setTimeout(() => (over = true), 5)
    const ready = (): boolean => {
      one.ring()
      if (++looks > 100_000) throw new Error('no timer has fired')
      return over
    }
    expect(await one.untilAsync(ready)).toBe(true)
    expect(words[1]).toBe(0)
  })

  test('waits on, without blocking, over rings for something else', async () => {
    const { bell: one, words } = bell()
    let there = false
    const done = one.untilAsync(() => there)
    one.ring()
    await Promise.resolve()
    there = true
    // until it is asleep again, if it was not yet
    while (words[1] === 0) await Promise.resolve()
    one.ring()
    expect(await done).toBe(true)
    expect(words[1]).toBe(0)
  })
})

describe('a host without Atomics.waitAsync', () => {
  afterEach(() => {
    if (waitAsync !== undefined) atomics.waitAsync = waitAsync
  })

  test('looks at the bell again and again, with the sleep that it was given', async () => {
    delete atomics.waitAsync
    const slept: number[] = []
    const sleep = (ms: number): Promise<void> => {
      slept.push(ms)
      return Promise.resolve()
    }
    const { bell: one, words } = bell({ sleep })
    const woken = one.waitAsync(one.prepare())
    await Promise.resolve()
    one.ring()
    expect(await woken).toBe(true)
    expect(slept.every((ms) => ms === 1)).toBe(true)
    expect(slept.length).toBeGreaterThan(0)
    expect(await one.waitAsync(one.prepare(), 5)).toBe(false)
    expect(words[1]).toBe(0)
  })

  test('says so where it was given none', async () => {
    delete atomics.waitAsync
    const { bell: one, words } = bell()
    await expect(one.untilAsync(() => false)).rejects.toThrow(TypeError)
    expect(words[1]).toBe(0)
  })
})

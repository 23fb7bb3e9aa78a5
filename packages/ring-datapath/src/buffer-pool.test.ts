import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BufferPool, BufferPoolError } from './index.js'

test('gives every buffer out once, at places of its own, and says when there is none', () => {
  const pool = new BufferPool(4096, 2048, 3)
  const ids = [pool.take(), pool.take(), pool.take()]
  expect(ids).toEqual([0, 1, 2])
  expect(pool.take()).toBe(-1)
  expect(ids.map((id) => pool.at(id))).toEqual([4096, 6144, 8192])
  expect([4095, 4096, 6143, 6144, 10239, 10240].map((at) => pool.idOf(at))).toEqual([-1, 0, 0, 1, 2, -1])
})

test('a buffer that is given back twice is refused, and so is none of the pool', () => {
  const pool = new BufferPool(0, 64, 2)
  const id = pool.take()
  pool.give(id)
  for (const wrong of [id, 1, 2, -1, 0.5, NaN]) expect(() => pool.give(wrong), `${wrong}`).toThrow(BufferPoolError)
  expect(pool.free).toBe(2)
  expect(pool.isOut(id)).toBe(false)
})

test('the leaks are those that are out', () => {
  const pool = new BufferPool(0, 64, 4)
  for (let i = 0; i < 4; i++) pool.take()
  pool.give(2)
  expect(pool.out()).toEqual([0, 1, 3])
  expect(pool.isOut(3)).toBe(true)
})

test('the one that came back last goes out first', () => {
  const pool = new BufferPool(0, 64, 4)
  for (let i = 0; i < 4; i++) pool.take()
  pool.give(3)
  pool.give(1)
  expect([pool.take(), pool.take(), pool.take()]).toEqual([1, 3, -1])
})

test.each([
  [-1, 64, 1],
  [0, 0, 1],
  [0, 64, 0],
  [0.5, 64, 1],
  [0, 2 ** 31, 3],
])('no pool at %d of %d bytes, %d of them', (base, bytes, count) => {
  expect(() => new BufferPool(base, bytes, count)).toThrow(RangeError)
})

test('behaves as a set of ids, whatever is taken and given', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1, max: 9 }), { maxLength: 100 }), (steps) => {
      const pool = new BufferPool(0, 1, 8)
      const out = new Set<number>()
      for (const step of steps) {
        if (step === -1) {
          const id = pool.take()
          expect(id === -1).toBe(out.size === 8)
          expect(out.has(id)).toBe(false)
          if (id >= 0) out.add(id)
        } else if (out.delete(step)) pool.give(step)
        else expect(() => pool.give(step)).toThrow(BufferPoolError)
        expect(pool.free).toBe(8 - out.size)
        expect(pool.out()).toEqual([...out].toSorted((a, b) => a - b))
      }
    }),
  )
})

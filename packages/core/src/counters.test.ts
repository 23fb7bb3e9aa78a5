import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Counters, restoreState, saveState, StateError } from './index.js'

describe('Counters', () => {
  test('count by name what a map counts, in order of creation', () => {
    const name = fc.integer({ min: 0, max: 40 }).map((i) => `drop.${i}`)
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.integer({ min: 0, max: 2 ** 40 })), { maxLength: 200 }), (adds) => {
        const counters = new Counters()
        const model = new Map<string, number>()
        for (const [name, n] of adds) {
          counters.add(counters.slot(name), n)
          model.set(name, (model.get(name) ?? 0) + n)
        }
        expect(Object.entries(counters.snapshot())).toEqual([...model])
        for (const [name, n] of model) expect(counters.get(name)).toBe(n)
        expect(counters.get('never')).toBe(0)
      }),
    )
  })

  test('a slot keeps its place when the counters grow, and counts beyond 32 bits', () => {
    const counters = new Counters()
    const first = counters.slot('first')
    counters.add(first, 2 ** 52)
    for (let i = 0; i < 100; i++) counters.slot(`other ${i}`)
    expect(counters.slot('first')).toBe(first)
    counters.add(first, 1)
    expect(counters.get('first')).toBe(2 ** 52 + 1)
    expect(counters.values[first]).toBe(2 ** 52 + 1)
  })

  test('a state has each count once, in the order of names: then one that is taken over is saved again as it was', () => {
    const counters = new Counters()
    for (const name of ['b', 'zero', 'a']) counters.slot(name)
    counters.add(counters.slot('b'), 2)
    counters.add(counters.slot('a'), 1)
    const any = (): boolean => true
    const saved = saveState((io) => counters.walkState(io, any))
    const [a, b] = [
      { name: 'a', count: 1 },
      { name: 'b', count: 2 },
    ]
    expect(saved).toEqual({ counts: [a, b] })
    const other = new Counters()
    const restore = (counts: unknown): void => restoreState({ counts }, (io) => other.walkState(io, any))
    restore([a, b])
    expect(saveState((io) => other.walkState(io, any))).toEqual(saved)
    for (const counts of [
      [b, a],
      [a, a],
    ])
      expect(() => restore(counts)).toThrow(new StateError('inconsistent', 'counts.1.name'))
  })

  test('a state names counters that there are or may be, and makes none: who asks for one later has its count', () => {
    const counters = new Counters()
    counters.add(counters.slot('a'), 7)
    const restore = (counts: unknown): void =>
      restoreState({ counts }, (io) => counters.walkState(io, (name) => name.startsWith('late.')))
    const hostile = [...new Array(3).keys()].map((n) => ({ name: `late.${n}`, count: 1 }))
    expect(() => restore([...hostile, { name: 'other', count: 1 }])).toThrow(
      new StateError('inconsistent', 'counts.3.name'),
    )
    expect(counters.snapshot()).toEqual({ a: 7 })
    restore([
      { name: 'a', count: 1 },
      { name: 'late.b', count: 2 },
    ])
    expect(counters.snapshot()).toEqual({ a: 1, 'late.b': 2 })
    counters.add(counters.slot('late.b'), 3)
    expect([counters.get('late.b'), counters.get('late.c')]).toEqual([5, 0])
    restore([])
    expect(counters.snapshot()).toEqual({ a: 0, 'late.b': 0 })
  })
})

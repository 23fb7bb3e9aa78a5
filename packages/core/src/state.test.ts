import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { restoreState, saveState, StateError } from './index.js'
import type { StateIo } from './index.js'

/** A part with a field of every kind. */
class Sample {
  count = 3
  on = true
  name = 'a.b'
  due = Infinity
  waiting: readonly number[] = [2, 1]
  readonly words: Int32Array = Int32Array.of(0, -5, 0, 7)
  readonly doubles: Float64Array = Float64Array.of(Infinity, 1.5)
  readonly times: Float64Array = Float64Array.of(Infinity, 2)
  readonly bytes: Uint8Array = Uint8Array.of(0, 255, 16)
  frames = [{ length: 60 }, { length: 61 }]

  walkState(io: StateIo): void {
    io.identity('kind', 'sample')
    this.count = io.integer('count', this.count, 0, 9)
    io.part('inner', (inner) => {
      this.on = inner.boolean('on', this.on)
      this.name = inner.text('name', this.name, 8)
      this.due = inner.time('due', this.due)
    })
    this.waiting = io.integers('waiting', this.waiting, 4, 0, 3)
    io.column('words', this.words, -10, 10)
    io.column('doubles', this.doubles, 0, 100, Infinity, true)
    io.column('times', this.times, 0, 100, Infinity)
    io.bytes('bytes', this.bytes)
    const before = this.frames
    const frames: { length: number }[] = []
    io.list('frames', before.length, 3, (one, i) => {
      frames[i] = { length: one.integer('length', before[i]?.length, 14, 1518) }
    })
    this.frames = frames
    io.consistent('count', this.count >= this.waiting.length)
  }
}

const saved = (sample = new Sample()): Record<string, unknown> => saveState((io) => sample.walkState(io))

function refusal(data: unknown, sample = new Sample()): string {
  try {
    restoreState(data, (io) => sample.walkState(io))
  } catch (error) {
    if (error instanceof StateError) return `${error.reason} ${error.path}`
    throw error
  }
  return 'taken'
}

describe('a state', () => {
  test('is plain data that survive JSON, and comes back the same', () => {
    const to = new Sample()
    to.count = 9
    to.words.fill(9)
    to.frames = []
    const data = saved()
    expect(data).toMatchObject({ words: [1, -5, 3, 7], doubles: [1, 1.5], bytes: '00ff10', inner: { due: null } })
    restoreState(JSON.parse(JSON.stringify(data)), (io) => to.walkState(io))
    expect(to).toEqual(new Sample())
  })

  test.each([
    ['identity kind', { kind: 'other' }],
    ['range count', { count: 10 }],
    ['range count', { count: 1.5 }],
    ['range count', { count: NaN }],
    ['type count', { count: '3' }],
    ['inconsistent count', { count: 1 }],
    ['missing count', { count: undefined }],
    ['unknown more', { more: 1 }],
    ['type inner', { inner: [] }],
    ['type inner', { inner: null }],
    ['missing inner.due', { inner: { on: true, name: 'x' } }],
    ['type inner.on', { inner: { on: 1, name: 'x', due: 0 } }],
    ['range inner.name', { inner: { on: true, name: '<b>', due: 0 } }],
    ['length inner.name', { inner: { on: true, name: '123456789', due: 0 } }],
    ['range inner.due', { inner: { on: true, name: 'x', due: -1 } }],
    ['range inner.due', { inner: { on: true, name: 'x', due: 0.5 } }],
    ['unknown inner.constructor', { inner: { on: true, name: 'x', due: 0, constructor: 1 } }],
    ['range waiting.1', { waiting: [1, 4] }],
    ['length waiting', { waiting: [1, 1, 1, 1, 1] }],
    ['type waiting', { waiting: { length: 1e9 } }],
    ['type waiting.0', { waiting: new Array(2) }],
    ['length words', { words: [1] }],
    ['range words.0', { words: [4, 1] }],
    ['range words.2', { words: [2, 1, 2, 1] }],
    ['range words.1', { words: [0, 11] }],
    ['range words.1', { words: [0, 0] }],
    ['range words.1', { words: [0, 0.5] }],
    ['length words', { words: new Array(1_000_000).fill(0) }],
    ['range doubles.1', { doubles: [0, NaN] }],
    ['range doubles.1', { doubles: [0, Infinity] }],
    ['range times.1', { times: [0, 1.5] }],
    ['length bytes', { bytes: '00' }],
    ['type bytes', { bytes: '0g0000' }],
    ['type bytes', { bytes: 1 }],
    ['length frames', { frames: [1, 2, 3, 4] }],
    ['type frames.0', { frames: [60] }],
    ['range frames.1.length', { frames: [{ length: 60 }, { length: 1 }] }],
  ])('is refused, and nothing has changed: %s', (expected, change) => {
    const sample = new Sample()
    sample.waiting = [3]
    const data: Record<string, unknown> = { ...saved(), ...change }
    for (const [key, value] of Object.entries(data)) if (value === undefined) Reflect.deleteProperty(data, key)
    const before = saved(sample)
    expect(refusal(data, sample)).toBe(expected)
    expect(saved(sample)).toEqual(before)
  })

  test('is refused, and what has counted beyond its range meanwhile is as before', () => {
    const sample = new Sample()
    sample.count = 12
    sample.waiting = [3]
    sample.words[1] = 11
    sample.frames = [{ length: 9000 }]
    const before = saved(sample)
    expect(refusal({ ...saved(), bytes: '' }, sample)).toBe('length bytes')
    expect(saved(sample)).toEqual(before)
    expect(refusal({ ...saved(), more: 1 }, sample)).toBe('unknown more')
    expect(saved(sample)).toEqual(before)
  })

  test.each([[undefined], [null], [1], ['state'], [[]], [() => 1]])('is not %s', (data) => {
    expect(refusal(data)).toBe('type ')
  })

  test('names that every object has are no fields', () => {
    expect(refusal(JSON.parse('{"__proto__": {"count": 3}}'))).toBe('missing kind')
    const inherited: unknown = Object.create(saved())
    expect(refusal(inherited)).toBe('missing kind')
  })

  test('anything at all is refused or taken, never an exception of another kind', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...Object.keys(saved())), fc.anything()), (change) => {
        const sample = new Sample()
        const before = saved(sample)
        if (refusal({ ...saved(), ...change }, sample) !== 'taken') expect(saved(sample)).toEqual(before)
      }),
    )
  })
})

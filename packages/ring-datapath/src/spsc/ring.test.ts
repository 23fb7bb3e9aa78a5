import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Doorbell, RingFormatError, SpscRing, WasmConsumer, WasmProducer } from '../index.js'
import { makeRing, readingEnd, writingEnd } from '../testing/ends.js'
import type { Language, MadeRing, ReadingEnd, WritingEnd } from '../testing/ends.js'

const pairs: readonly (readonly [Language, Language])[] = [
  ['JavaScript', 'JavaScript'],
  ['WebAssembly', 'JavaScript'],
  ['JavaScript', 'WebAssembly'],
  ['WebAssembly', 'WebAssembly'],
]

describe('SpscRing', () => {
  test.each([
    [0, 1],
    [3, 1],
    [1, 1],
    [2 ** 21, 1],
    [8, 0],
    [8, 65],
    [8, 1.5],
    [NaN, 1],
  ])('%d records of %d words are refused', (capacity, recordWords) => {
    expect(() => SpscRing.bytes({ capacity, recordWords })).toThrow(RangeError)
  })

  test('attaches with the buffer and the offset alone, and sees the same records', () => {
    const shape = { capacity: 8, recordWords: 3 }
    const buffer = new SharedArrayBuffer(128 + SpscRing.bytes(shape))
    const made = SpscRing.create(buffer, 128, shape)
    expect(made.producer().burst(Int32Array.of(1, 2, 3, 4, 5, 6), 0, 2)).toBe(2)
    const there = SpscRing.attach(buffer, 128)
    expect([there.capacity, there.recordWords]).toEqual([8, 3])
    const target = new Int32Array(6)
    expect(there.consumer().burst(target, 0, 9)).toBe(2)
    expect([...target]).toEqual([1, 2, 3, 4, 5, 6])
  })

  test.each([-128, 1, 64, 127, NaN, 1e9])('nothing is at offset %d', (at) => {
    const { memory } = makeRing({ capacity: 8, recordWords: 2 })
    expect(() => SpscRing.attach(memory.buffer as SharedArrayBuffer, at)).toThrow(RingFormatError)
  })

  test.each([
    [64, 'offset 64 is not 0 or a multiple of 128'],
    [-128, 'offset -128 is not 0 or a multiple of 128'],
    [undefined, 'offset undefined is not 0 or a multiple of 128'],
    [1024, '512 bytes at 1024 leave a buffer of 1152 bytes'],
  ])('no ring can be made at offset %s, and the error says why', (at, why) => {
    const make = (): unknown =>
      SpscRing.create(new SharedArrayBuffer(1152), at as number, { capacity: 8, recordWords: 4 })
    expect(make).toThrow(new RangeError(`no place for a ring: ${why}`))
  })

  test.each([
    ['ArrayBuffer', () => new ArrayBuffer(1024)],
    ['Int32Array', () => new Int32Array(new SharedArrayBuffer(1024))],
    ['WebAssembly.Memory', () => new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true })],
    ['Undefined', () => undefined],
  ])('memory that is no shared buffer is refused: %s', (kind, make) => {
    const buffer = make() as unknown as SharedArrayBuffer
    const error = new TypeError(`a SharedArrayBuffer is expected, this is of the kind ${kind}`)
    expect(() => SpscRing.create(buffer, 0, { capacity: 8, recordWords: 1 })).toThrow(error)
    expect(() => SpscRing.attach(buffer, 0)).toThrow(error)
    expect(() => new Doorbell(buffer, 0)).toThrow(error)
  })

  test('an end in WebAssembly for a memory that is not shared is refused', () => {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 })
    for (const End of [WasmProducer, WasmConsumer]) expect(() => new End(memory, 0)).toThrow(TypeError)
  })
})

describe.each(pairs)('%s writes, %s reads', (writes, reads) => {
  const both = (made: MadeRing): [WritingEnd, ReadingEnd] => [writingEnd(made, writes), readingEnd(made, reads)]

  test('an end goes on where the last one of its thread stopped', () => {
    const made = makeRing({ capacity: 4, recordWords: 1 })
    writingEnd(made, writes).burst(Int32Array.of(1, 2, 3), 3)
    expect(readingEnd(made, reads).burst(new Int32Array(4), 2)).toBe(2)
    expect(writingEnd(made, writes).burst(Int32Array.of(4), 1)).toBe(1)
    const target = new Int32Array(4)
    expect(readingEnd(made, reads).burst(target, 4)).toBe(2)
    expect([...target]).toEqual([3, 4, 0, 0])
  })

  test('what was written before the close can still be read', () => {
    const [writer, reader] = both(makeRing({ capacity: 4, recordWords: 1 }))
    expect(reader.ended).toBe(false)
    writer.burst(Int32Array.of(7), 1)
    writer.close()
    expect(reader.ended).toBe(false)
    expect(reader.burst(new Int32Array(1), 1)).toBe(1)
    expect(reader.ended).toBe(true)
    expect(writer.abandoned).toBe(false)
    reader.leave()
    expect(writer.abandoned).toBe(true)
  })

  test('behaves as a bounded queue, also where the indices run over', () => {
    const step = fc.record({
      kind: fc.constantFrom('burst', 'bulk', 'offer', 'in place', 'take', 'read in place'),
      count: fc.integer({ min: 0, max: 12 }),
    })
    const start = fc.constantFrom(0, 5, 0x7fffffff - 3, -4)
    const property = fc.property(fc.array(step, { maxLength: 80 }), start, fc.integer({ min: 1, max: 6 }), run)
    fc.assert(property, { numRuns: 200 })
  })

  /** Does the steps to a ring of 8 and to an array. */
  function run(steps: readonly { kind: string; count: number }[], start: number, recordWords: number): void {
    const [writer, reader] = both(makeRing({ capacity: 8, recordWords }, start))
    const model: number[][] = []
    let next = 1
    let dropped = 0
    for (const { kind, count } of steps) {
      const free = 8 - model.length
      if (kind === 'take') {
        const target = new Int32Array(12 * recordWords)
        const taken = reader.burst(target, count)
        expect(taken).toBe(Math.min(count, model.length))
        expect([...target.subarray(0, taken * recordWords)]).toEqual(model.splice(0, taken).flat())
        continue
      }
      if (kind === 'read in place') {
        const there = reader.peek(count)
        expect(there).toBe(Math.min(count, model.length))
        for (let i = 0; i < there; i++) expect(reader.read(i)).toEqual(model[i])
        reader.release(there >> 1)
        model.splice(0, there >> 1)
        continue
      }
      const records = Array.from({ length: count }, () => Array.from({ length: recordWords }, () => next++))
      const words = Int32Array.from(records.flat())
      let taken: number
      if (kind === 'bulk') taken = writer.bulk(words, count) ? count : 0
      else if (kind === 'offer') {
        taken = writer.offer(words, count)
        dropped += count - taken
      } else if (kind === 'burst') taken = writer.burst(words, count)
      else {
        taken = writer.reserve(count)
        for (let i = 0; i < taken; i++) writer.write(i, Int32Array.from(records[i]))
        writer.commit(taken)
      }
      expect(taken).toBe(kind === 'bulk' ? (count <= free ? count : 0) : Math.min(count, free))
      model.push(...records.slice(0, taken))
    }
    expect(reader.dropped).toBe(dropped)
  }
})

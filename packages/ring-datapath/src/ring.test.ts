import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Ring, RingFormatError } from './index.js'
import { Header } from './layout.js'

function ring(capacity = 8, recordWords = 2, at = 128): { ring: Ring; buffer: SharedArrayBuffer } {
  const shape = { capacity, recordWords }
  const buffer = new SharedArrayBuffer(at + Ring.bytes(shape))
  return { ring: Ring.create(buffer, at, shape), buffer }
}

/** Both indices near the end of their range, as after 2^32 records less a few. */
function old(capacity: number, recordWords: number, start: number): Ring {
  const made = ring(capacity, recordWords).ring
  made.words[Header.tail] = start
  made.words[Header.head] = start
  return made
}

describe('Ring', () => {
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
    expect(() => Ring.bytes({ capacity, recordWords })).toThrow(RangeError)
  })

  test('attaches with the buffer and the offset alone, and sees the same records', () => {
    const { ring: made, buffer } = ring(8, 3)
    expect(made.producer().burst(Int32Array.of(1, 2, 3, 4, 5, 6), 0, 2)).toBe(2)
    const there = Ring.attach(buffer, 128)
    expect([there.capacity, there.recordWords]).toEqual([8, 3])
    const target = new Int32Array(6)
    expect(there.consumer().burst(target, 0, 9)).toBe(2)
    expect([...target]).toEqual([1, 2, 3, 4, 5, 6])
  })

  test('an end goes on where the last one of its thread stopped', () => {
    const { ring: made } = ring(4, 1)
    const numbers = Int32Array.of(1, 2, 3, 4)
    made.producer().burst(numbers, 0, 3)
    expect(made.consumer().burst(new Int32Array(4), 0, 2)).toBe(2)
    expect(made.producer().burst(numbers, 3, 1)).toBe(1)
    const target = new Int32Array(4)
    expect(made.consumer().burst(target, 0, 4)).toBe(2)
    expect([...target]).toEqual([3, 4, 0, 0])
  })

  test('a full ring takes a part, all or nothing, or counts the rest as dropped', () => {
    const { ring: made } = ring(4, 1)
    const producer = made.producer()
    const consumer = made.consumer()
    const numbers = Int32Array.of(1, 2, 3, 4, 5, 6)
    expect(producer.bulk(numbers, 0, 5)).toBe(false)
    expect(producer.bulk(numbers, 0, 3)).toBe(true)
    expect(producer.burst(numbers, 3, 3)).toBe(1)
    expect(consumer.dropped).toBe(0)
    expect(producer.offer(numbers, 4, 2)).toBe(0)
    expect(consumer.dropped).toBe(2)
    const target = new Int32Array(4)
    consumer.burst(target, 0, 4)
    expect([...target]).toEqual([1, 2, 3, 4])
  })

  test('what was written before the close can still be read', () => {
    const { ring: made } = ring(4, 1)
    const producer = made.producer()
    const consumer = made.consumer()
    expect(consumer.ended).toBe(false)
    producer.burst(Int32Array.of(7), 0, 1)
    producer.close()
    expect(consumer.ended).toBe(false)
    expect(consumer.burst(new Int32Array(1), 0, 1)).toBe(1)
    expect(consumer.ended).toBe(true)
    expect(producer.abandoned).toBe(false)
    consumer.leave()
    expect(producer.abandoned).toBe(true)
  })

  test('behaves as a bounded queue, also where the indices run over', () => {
    const step = fc.record({
      kind: fc.constantFrom('burst', 'bulk', 'offer', 'piecewise', 'take', 'peek'),
      count: fc.integer({ min: 0, max: 12 }),
    })
    const start = fc.constantFrom(0, 5, 0x7fffffff - 3, -4)
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 80 }),
        start,
        fc.integer({ min: 1, max: 3 }),
        (steps, from, recordWords) => {
          const made = old(8, recordWords, from)
          const producer = made.producer()
          const consumer = made.consumer()
          const model: number[] = []
          let next = 1
          let dropped = 0
          const source = (count: number): Int32Array =>
            Int32Array.from({ length: count * recordWords }, (_, i) => next * 10 + i)
          for (const { kind, count } of steps) {
            const free = 8 - model.length
            if (kind === 'take') {
              const target = new Int32Array(count * recordWords)
              const taken = consumer.burst(target, 0, count)
              expect(taken).toBe(Math.min(count, model.length))
              expect([...target.subarray(0, taken * recordWords)]).toEqual(
                model.splice(0, taken).flatMap((first) => words(first)),
              )
              continue
            }
            if (kind === 'peek') {
              const there = consumer.peek(count)
              expect(there).toBe(Math.min(count, model.length))
              for (let i = 0; i < there; i++) expect(made.words[consumer.slot(i)]).toBe(model[i])
              continue
            }
            const records = source(count)
            let taken: number
            if (kind === 'bulk') taken = producer.bulk(records, 0, count) ? count : 0
            else if (kind === 'offer') {
              taken = producer.offer(records, 0, count)
              dropped += count - taken
            } else if (kind === 'burst') taken = producer.burst(records, 0, count)
            else {
              taken = producer.reserve(count)
              for (let i = 0; i < taken * recordWords; i++) {
                made.words[producer.slot(Math.floor(i / recordWords)) + (i % recordWords)] = records[i]
              }
              producer.commit(taken)
            }
            expect(taken).toBe(kind === 'bulk' ? (count <= free ? count : 0) : Math.min(count, free))
            for (let i = 0; i < taken; i++) model.push(records[i * recordWords])
            next += count
          }
          expect(consumer.dropped).toBe(dropped)

          function words(first: number): number[] {
            return Array.from({ length: recordWords }, (_, k) => first + k)
          }
        },
      ),
      { numRuns: 300 },
    )
  })
})

describe('hostile memory', () => {
  test('any header is refused with one error, or is a ring inside the buffer', () => {
    const value = fc.oneof(fc.integer(), fc.constantFrom(0, 1, 2, 8, 64, 1 << 20, 1 << 30, -1))
    fc.assert(
      fc.property(value, value, value, fc.boolean(), (version, capacity, recordWords, real) => {
        const { buffer } = ring(8, 2, 0)
        const words = new Int32Array(buffer)
        if (!real) words[Header.version] = version
        words[Header.capacity] = capacity
        words[Header.recordWords] = recordWords
        let found: Ring
        try {
          found = Ring.attach(buffer, 0)
        } catch (error) {
          expect(error).toBeInstanceOf(RingFormatError)
          return
        }
        expect(found.words.byteLength).toBeLessThanOrEqual(buffer.byteLength)
        expect(found.words.length).toBeGreaterThanOrEqual(96 + capacity * recordWords)
      }),
      { numRuns: 20_000 },
    )
  })

  test.each([-128, 1, 64, 127, NaN, 1e9])('nothing is at offset %d', (at) => {
    expect(() => Ring.attach(ring().buffer, at)).toThrow(RingFormatError)
  })

  test('whatever the indices become, an end never leaves the records nor sees more than there can be', () => {
    const index = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })
    fc.assert(
      fc.property(fc.array(fc.tuple(index, index), { minLength: 1, maxLength: 20 }), (forgeries) => {
        const { ring: made } = ring(8, 2)
        const producer = made.producer()
        const consumer = made.consumer()
        const record = new Int32Array(2 * 16)
        const slots = new Set<number>()
        for (const [tail, head] of forgeries) {
          Atomics.store(made.words, Header.head, head)
          expect(producer.burst(record, 0, 16)).toBeLessThanOrEqual(8)
          Atomics.store(made.words, Header.tail, tail)
          const taken = consumer.burst(record, 0, 16)
          expect(taken).toBeLessThanOrEqual(8)
          for (let i = 0; i < 8; i++) slots.add(producer.slot(i)).add(consumer.slot(i))
        }
        const places = [96, 98, 100, 102, 104, 106, 108, 110]
        expect([...slots].toSorted((a, b) => a - b)).toEqual(places)
      }),
      { numRuns: 2000 },
    )
  })
})

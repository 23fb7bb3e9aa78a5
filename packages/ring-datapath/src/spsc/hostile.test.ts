import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { RingFormatError, SpscRing, WasmProducer } from '../index.js'
import { makeRing, readingEnd, writingEnd } from '../testing/ends.js'
import { HEAD, Header, TAIL } from './layout.js'

/** Words that a header's fields are likely to be mistaken at. */
const ODD = [0, 1, 2, 3, 8, 64, 65, 1 << 16, 1 << 20, 1 << 21, 1 << 30, 0x7fffffff, -1, -(2 ** 31), 0x5241504e]
const HEADERS = 1_000_000
const AT = 128
const SHAPE = { capacity: 8, recordWords: 2 }
const SENTINEL = 0x5a5a5a5a

function xorshift(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

describe('hostile memory', () => {
  // Half a million stacks would take longer than everything else.
  const { stackTraceLimit } = Error
  beforeAll(() => void (Error.stackTraceLimit = 0))
  afterAll(() => void (Error.stackTraceLimit = stackTraceLimit))

  test('a million headers: each is refused with one error, or is a ring inside the buffer', () => {
    const random = xorshift(2463534242)
    const bytes = SpscRing.bytes(SHAPE)
    const buffer = new SharedArrayBuffer(AT + bytes + 128)
    const words = new Int32Array(buffer)
    const header = new Int32Array(buffer, AT, 96)
    SpscRing.create(buffer, AT, SHAPE)
    const sound = header.slice()
    const record = new Int32Array(16 * 64)
    words.fill(SENTINEL, 0, AT / 4)
    words.fill(SENTINEL, (AT + bytes) / 4)
    const fields = [Header.magic, Header.version, Header.capacity, Header.recordWords]
    let refused = 0
    for (let n = 0; n < HEADERS; n++) {
      header.set(sound)
      // one field or several, an odd value or any
      for (let k = random(3); k >= 0; k--) {
        const field = random(3) === 0 ? random(96) : fields[random(4)]
        header[field] = random(2) === 0 ? ODD[random(ODD.length)] : random(2 ** 32) | 0
      }
      let ring: SpscRing
      try {
        ring = SpscRing.attach(buffer, AT)
      } catch (error) {
        if (!(error instanceof RingFormatError)) throw error
        refused++
        continue
      }
      if (ring.words.byteOffset !== AT || ring.words.byteLength > buffer.byteLength - AT)
        throw new Error('it is outside')
      // a ring that fits; whatever its indices are, both ends come back and stay in it
      if (ring.words.byteLength > bytes) continue
      ring.producer().burst(record, 0, 16)
      ring.consumer().burst(record, 0, 16)
      ring.producer().offer(record, 0, 16)
    }
    expect(refused).toBeGreaterThan(HEADERS / 2)
    expect(refused).toBeLessThan(HEADERS)
    expect(words.subarray(0, AT / 4).every((word) => word === SENTINEL)).toBe(true)
    expect(words.subarray((AT + bytes) / 4).every((word) => word === SENTINEL)).toBe(true)
  }, 300_000)

  test('a hostile header is refused to an end in WebAssembly too', () => {
    const { memory, ring } = makeRing(SHAPE)
    ring.words[Header.capacity] = 1 << 20
    expect(() => new WasmProducer(memory, 65536)).toThrow(RingFormatError)
  })

  test.each(['JavaScript', 'WebAssembly'] as const)(
    'whatever the indices become, ends in %s never leave the records nor see more than there can be',
    (language) => {
      const index = fc.oneof(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), fc.integer({ min: -20, max: 20 }))
      const property = fc.property(fc.array(fc.tuple(index, index), { minLength: 1, maxLength: 20 }), (forgeries) => {
        const made = makeRing(SHAPE)
        const { words } = made.ring
        const writer = writingEnd(made, language)
        const reader = readingEnd(made, language)
        const record = new Int32Array(2 * 16)
        const slots = new Set<number>()
        for (const [tail, head] of forgeries) {
          Atomics.store(words, HEAD, head)
          expect(writer.burst(record, 16)).toBeLessThanOrEqual(8)
          Atomics.store(words, TAIL, tail)
          const taken = reader.burst(record, 16)
          expect(taken).toBeGreaterThanOrEqual(0)
          expect(taken).toBeLessThanOrEqual(8)
          for (let i = 0; i < 8; i++) slots.add(writer.slotByte(i)).add(reader.slotByte(i))
        }
        expect([...slots].toSorted((a, b) => a - b)).toEqual([384, 392, 400, 408, 416, 424, 432, 440])
      })
      fc.assert(property, { numRuns: 1000 })
    },
  )

  test('a tail that goes back takes nothing away from what was shown', () => {
    const made = makeRing(SHAPE)
    const reader = readingEnd(made, 'JavaScript')
    writingEnd(made, 'JavaScript').burst(new Int32Array(8), 4)
    expect(reader.peek(4)).toBe(4)
    Atomics.store(made.ring.words, TAIL, 1)
    expect(reader.peek(8)).toBe(4)
  })
})

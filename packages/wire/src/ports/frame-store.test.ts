import { Arena } from '@npa/memory'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Frame, FRAME_WORDS, frameBatch } from '../frame-batch.js'
import { framesOf } from '../testing/test-port.js'
import { FrameStore, MAX_WIRE_FRAME } from './frame-store.js'

test('a queue of whole frames: first in, first out, bytes, records and keys kept, full exactly when a frame does not fit', () => {
  const arena = new Arena(1 << 23)
  const source = framesOf(arena, [MAX_WIRE_FRAME])
  const size = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: MAX_WIRE_FRAME }))
  fc.assert(
    fc.property(fc.array(fc.oneof(size, fc.constant(-1)), { maxLength: 200 }), (steps) => {
      const store = new FrameStore(arena, 65536)
      const model: { length: number; fill: number; key: number }[] = []
      const out = frameBatch(300)
      steps.forEach((step, i) => {
        if (step < 0) {
          const count = Math.min(2, model.length)
          store.shift(count)
          model.splice(0, count)
        } else {
          const fill = i & 255
          arena.u8.fill(fill, source.words[Frame.address], source.words[Frame.address] + step)
          source.words[Frame.length] = step
          source.words[Frame.vlan] = i
          const roomy = store.roomy
          const took = store.push(source, 0, 60, i)
          if (took) model.push({ length: step, fill, key: i })
          else expect(roomy).toBe(false)
          // What is in use can only refuse a frame when it and the frame, with a skipped end, fill the ring.
          const used = model.reduce((sum, frame) => sum + Math.max(frame.length, 60) + 64, 0)
          if (!took) expect(used + 2 * Math.max(step, 60) + MAX_WIRE_FRAME).toBeGreaterThan(65536)
        }
        expect(store.count).toBe(model.length)
        store.peek(out, store.count)
        const last = model.length - 1
        model.forEach((frame, k) => {
          const word = k * FRAME_WORDS
          const at = out.words[word + Frame.address]
          expect(out.words[word + Frame.vlan]).toBe(frame.key)
          expect(store.key(k)).toBe(frame.key)
          expect(out.words[word + Frame.length]).toBe(Math.max(frame.length, 60))
          if (k !== 0 && k !== last) return
          expect(arena.u8.subarray(at, at + frame.length).every((byte) => byte === frame.fill)).toBe(true)
          if (k === last) expect(arena.u8.subarray(at + frame.length, at + 60).every((byte) => byte === 0)).toBe(true)
        })
      })
    }),
    { numRuns: 60 },
  )
})

test('its size is a power of two that holds any frame', () => {
  const arena = new Arena(1 << 20)
  expect(() => new FrameStore(arena, 16384)).toThrow(RangeError)
  expect(() => new FrameStore(arena, 65000)).toThrow('a power of two from 32768')
})

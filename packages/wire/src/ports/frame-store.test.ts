import { Arena } from '@npa/memory'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Frame, FRAME_WORDS, frameBatch } from '../frame-batch.js'
import { framesOf } from '../testing/test-port.js'
import { FrameStore, MAX_WIRE_FRAME } from './frame-store.js'

const BYTES = 65536

test('a queue of whole frames, full only when a frame does not fit; bytes, padding, records and keys are kept', () => {
  const arena = new Arena(1 << 24)
  const source = framesOf(arena, [MAX_WIRE_FRAME])
  const push = fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: MAX_WIRE_FRAME }))
  const steps = fc.array(fc.oneof({ weight: 2, arbitrary: push }, { weight: 1, arbitrary: fc.constant(-1) }), {
    minLength: 150,
    maxLength: 150,
  })
  const out = frameBatch(150)
  fc.assert(
    fc.property(steps, (lengths) => {
      const store = new FrameStore(arena, BYTES)
      const model: { length: number; fill: number; key: number }[] = []
      lengths.forEach((length, key) => {
        if (length < 0) {
          const count = Math.min(3, model.length)
          store.shift(count)
          model.splice(0, count)
        } else {
          const fill = 1 + key
          arena.u8.fill(fill, source.words[Frame.address], source.words[Frame.address] + length)
          source.words[Frame.length] = length
          source.words[Frame.vlan] = key
          const roomy = store.roomy
          if (store.push(source, 0, 60, key)) model.push({ length, fill, key })
          else {
            expect(roomy).toBe(false)
            // Refused only when the frames, and the end of the ring that one of them skips, leave no gap for it.
            const used = model.reduce((sum, frame) => sum + Math.max(frame.length, 60) + 63, 0)
            expect(used + MAX_WIRE_FRAME + 2 * (Math.max(length, 60) + 63)).toBeGreaterThan(BYTES)
          }
        }
        expect(store.count).toBe(model.length)
        store.peek(out, store.count)
        model.forEach((frame, k) => {
          const word = k * FRAME_WORDS
          const at = out.words[word + Frame.address]
          const padded = Math.max(frame.length, 60)
          expect([out.words[word + Frame.vlan], store.key(k), out.words[word + Frame.length]]).toEqual([
            frame.key,
            frame.key,
            padded,
          ])
          const last = frame.length - 1
          if (last >= 0) expect([arena.u8[at], arena.u8[at + last]]).toEqual([frame.fill, frame.fill])
          if (padded > frame.length) expect([arena.u8[at + last + 1], arena.u8[at + padded - 1]]).toEqual([0, 0])
        })
      })
    }),
    { numRuns: 30 },
  )
})

test('its size is a power of two that holds any frame', () => {
  const arena = new Arena(1 << 20)
  expect(() => new FrameStore(arena, 16384)).toThrow(RangeError)
  expect(() => new FrameStore(arena, 65000)).toThrow('a power of two from 32768')
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FrameStream, framed, MAX_STREAM_FRAME } from './frame-stream.js'

test('frames come out whole and in order, however the stream is cut', () => {
  const frames = fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 20 })
  fc.assert(
    fc.property(frames, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1 }), (sent, cuts) => {
      const bytes = Buffer.concat(sent.map((frame) => framed(frame)))
      const got: Uint8Array[] = []
      const stream = new FrameStream((frame) => got.push(frame))
      for (let at = 0, n = 0; at < bytes.length; n++) {
        const end = at + cuts[n % cuts.length]
        expect(stream.feed(bytes.subarray(at, end))).toBe(true)
        at = end
      }
      expect(got.map((frame) => [...frame])).toEqual(sent.map((frame) => [...frame]))
    }),
  )
})

test('a frame is its own, not a view of the chunk', () => {
  // A Buffer's own slice is a view.
  const chunk = Buffer.from(framed(Uint8Array.of(1, 2, 3)))
  const got: Uint8Array[] = []
  new FrameStream((frame) => got.push(frame)).feed(chunk)
  chunk.fill(9)
  expect([...got[0]]).toEqual([1, 2, 3])
})

test('a length that no frame has is no stream', () => {
  const stream = new FrameStream(() => undefined)
  expect(stream.feed(Uint8Array.of(0, 0, 0, 1, 7))).toBe(true)
  const length = MAX_STREAM_FRAME + 1
  expect(stream.feed(Uint8Array.of(0, (length >> 16) & 255, (length >> 8) & 255, length & 255))).toBe(false)
})

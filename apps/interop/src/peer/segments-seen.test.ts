import { ipv4, tcp } from '@npa/wire'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SegmentsSeen } from './segments-seen.js'

const L3 = 14
const L4 = L3 + ipv4.HEADER_BYTES
const HEADER = 20

function segment(port: number, sequence: number, payload: number, tagged = false): Uint8Array {
  const u8 = new Uint8Array(Math.max(L4 + HEADER + payload, 60))
  u8.set([8, 0], 12)
  ipv4.emit(u8, L3, ipv4.HEADER_BYTES + HEADER + payload, 7, 64, 6, 0x0a000001, 0x0a000002)
  tcp.emit(u8, L4, port, 5001, sequence, 1, HEADER, tcp.Flag.ack, 500)
  if (!tagged) return u8
  return Uint8Array.of(...u8.subarray(0, 12), 0x81, 0, 0, 77, ...u8.subarray(12))
}

test('a segment that fills a gap is new, one that was there is not, however it is cut', () => {
  const seen = new SegmentsSeen()
  for (const [sequence, payload] of [
    [100, 50],
    [200, 50],
    [150, 50],
  ])
    seen.see(segment(1, sequence, payload))
  expect([seen.segments, seen.again]).toEqual([3, 0])
  seen.see(segment(1, 120, 130))
  expect([seen.segments, seen.again]).toEqual([4, 1])
  seen.see(segment(1, 240, 20))
  expect([seen.segments, seen.again]).toEqual([5, 1])
})

test('acknowledgments, other protocols and connections are not mixed up with it; tags and the end of the numbers do not matter', () => {
  const seen = new SegmentsSeen()
  seen.see(segment(1, 100, 0))
  seen.see(segment(1, 100, 10))
  seen.see(segment(2, 100, 10, true))
  const udp = segment(1, 100, 10)
  udp[L3 + 9] = 17
  seen.see(udp)
  expect([seen.segments, seen.again]).toEqual([2, 0])
  seen.see(segment(2, 100, 10, true))
  expect([seen.segments, seen.again]).toEqual([3, 1])
  seen.see(segment(3, 0xfffffff0, 0x20))
  seen.see(segment(3, 0x10, 0x10))
  expect(seen.again).toBe(1)
  seen.see(segment(3, 0, 0x20))
  expect(seen.again).toBe(2)
})

test('whatever the order, a segment is again there exactly when all its bytes have been', () => {
  const one = fc.record({ at: fc.nat(60), payload: fc.integer({ min: 1, max: 20 }) })
  fc.assert(
    fc.property(fc.array(one, { maxLength: 40 }), (all) => {
      const seen = new SegmentsSeen()
      const bytes = new Set<number>()
      let again = 0
      for (const { at, payload } of all) {
        const its = Array.from({ length: payload }, (_, n) => at + n)
        if (its.every((byte) => bytes.has(byte))) again++
        for (const byte of its) bytes.add(byte)
        seen.see(segment(1, 1000 + at, payload))
      }
      expect([seen.segments, seen.again]).toEqual([all.length, again])
    }),
  )
})

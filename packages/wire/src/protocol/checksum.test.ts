import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { finishCsum, fold, pseudoIpv4, pseudoIpv6, sumBytes, sumGood } from './checksum.js'

/** The definition of RFC 1071, word by word. */
function plainSum(bytes: Uint8Array, start: number): number {
  let sum = start
  for (let i = 0; i < bytes.length; i += 2) {
    sum += bytes[i] * 256 + (i + 1 < bytes.length ? bytes[i + 1] : 0)
    if (sum > 0xffff) sum -= 0xffff
  }
  return sum
}

describe('the Internet checksum', () => {
  test('the example of RFC 1071, section 3', () => {
    const words = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7)
    expect(sumBytes(words, 0, 8, 0)).toBe(0xddf2)
    // The same in two parts of even length.
    expect(sumBytes(words, 4, 4, sumBytes(words, 0, 4, 0))).toBe(0xddf2)
  })

  test('equals the definition for every offset and length', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 70 }),
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 0, max: 0xffff }),
        (bytes, at, start) => {
          const buffer = new Uint8Array(at + bytes.length + 9).fill(0xff)
          buffer.set(bytes, at)
          expect(sumBytes(buffer, at, bytes.length, start)).toBe(plainSum(bytes, start))
        },
      ),
      { numRuns: 500 },
    )
  })

  test('does not overflow: a megabyte of ones', () => {
    expect(sumBytes(new Uint8Array(1 << 20).fill(255), 0, 1 << 20, 0xffff)).toBe(0xffff)
    expect(fold(0xffffffff)).toBe(0xffff)
    expect(fold(0x1fffe)).toBe(0xffff)
  })

  test('pseudo-headers of a UDP datagram', () => {
    // 192.0.2.10 to 192.0.2.11, protocol 17, 9 bytes: c000 + 020a + c000 + 020b + 0011 + 0009, carries added back.
    const ip = Uint8Array.of(...new Uint8Array(12), 192, 0, 2, 10, 192, 0, 2, 11)
    expect(pseudoIpv4(ip, 0, 17, 9)).toBe(0x8430)
    const ip6 = new Uint8Array(40)
    ip6.set([0x20, 0x01, 0x0d, 0xb8], 8)
    ip6.set([0x20, 0x01, 0x0d, 0xb8], 24)
    ip6[23] = 0x10
    ip6[39] = 0x11
    // 2 * (2001 + 0db8) + 0010 + 0011 + 0011 + 0009.
    expect(pseudoIpv6(ip6, 0, 17, 9)).toBe(0x5bad)
  })
})

describe('finishing a partial checksum', () => {
  test('makes the sum right for any payload, and touches only the field', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 8, maxLength: 60 }),
        fc.integer({ min: 0, max: 0xffff }),
        fc.integer({ min: 0, max: 20 }),
        fc.constantFrom(6, 2, 4),
        (l4, pseudo, start, offset) => {
          const frame = new Uint8Array(5 + start + l4.length).fill(0x77)
          frame.set(l4, 5 + start)
          frame[5 + start + offset] = pseudo >>> 8
          frame[5 + start + offset + 1] = pseudo & 255
          const before = frame.slice()
          expect(finishCsum(frame, 5, start + l4.length, start, offset)).toBe(true)
          fc.pre(sumBytes(before, 5 + start, l4.length, 0) !== 0)
          expect(sumGood(frame, 5 + start, l4.length, pseudo)).toBe(true)
          before.set(frame.subarray(5 + start + offset, 7 + start + offset), 5 + start + offset)
          expect(frame).toEqual(before)
        },
      ),
    )
  })

  test('a UDP checksum of zero is stored as ffff, a TCP one as zero', () => {
    const udp = new Uint8Array(8)
    udp.set([0xff, 0xff], 6)
    expect(finishCsum(udp, 0, 8, 0, 6)).toBe(true)
    expect([...udp.subarray(6)]).toEqual([255, 255])
    const tcp = new Uint8Array(20)
    tcp.set([0xff, 0xff], 16)
    expect(finishCsum(tcp, 0, 20, 0, 16)).toBe(true)
    expect([...tcp.subarray(16, 18)]).toEqual([0, 0])
  })

  test.each([
    [-1, 6],
    [0, -1],
    [13, 6],
    [0x7fffffff, 0x7fffffff],
    [20, 0],
  ])('refuses a field at %i + %i that is not in the frame of 20 bytes', (start, offset) => {
    const buffer = new Uint8Array(64).fill(0x33)
    expect(finishCsum(buffer, 8, 20, start, offset)).toBe(false)
    expect(buffer.every((byte) => byte === 0x33)).toBe(true)
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ethernet, IpProtocol, ipv4, ipv6, sumGood, tcp, udp } from '../index.js'
import { addressSegment, segmentFlags } from './segment.js'

const { fin, psh, ack, cwr } = tcp.Flag
const A = new Uint8Array(16).fill(1)
const B = new Uint8Array(16).fill(2)

/** Headers at offset 3, an odd one; `l3` as after one tag. */
function headers(v4: boolean, isTcp: boolean, extension = 0): { u8: Uint8Array; l3: number; l4: number } {
  const l3 = ethernet.HEADER_BYTES + 4
  const l4 = l3 + (v4 ? ipv4.HEADER_BYTES : ipv6.HEADER_BYTES + extension)
  const u8 = new Uint8Array(3 + l4 + tcp.HEADER_BYTES)
  const protocol = isTcp ? IpProtocol.tcp : IpProtocol.udp
  if (v4) ipv4.emit(u8, 3 + l3, 60000, 0xfffe, 64, protocol, 0x0a000001, 0x0a000002)
  else ipv6.emit(u8, 3 + l3, 60000, protocol, 64, A, B)
  if (isTcp) tcp.emit(u8, 3 + l4, 1, 2, 0xfffffff0, 77, tcp.HEADER_BYTES, fin | psh | ack | cwr, 500)
  else udp.emit(u8, 3 + l4, 1, 2, 60000)
  return { u8, l3, l4 }
}

describe('headers of a segment', () => {
  test('IPv4 and TCP: lengths, identification and sequence wrap, the checksum is right', () => {
    const { u8, l3, l4 } = headers(true, true)
    addressSegment(u8, 3, { l3, l4, ipv4: true, tcp: true }, 1514, 3, 3000, segmentFlags(false, false))
    expect(ipv4.totalLength(u8, 3 + l3)).toBe(1514 - l3)
    expect(ipv4.identification(u8, 3 + l3)).toBe(1)
    expect(sumGood(u8, 3 + l3, ipv4.HEADER_BYTES, 0)).toBe(true)
    expect(tcp.sequence(u8, 3 + l4)).toBe(2984)
    expect(tcp.flags(u8, 3 + l4)).toBe(ack)
    expect(tcp.headerBytes(u8, 3 + l4)).toBe(20)
  })

  test('IPv6 with an extension header, and UDP', () => {
    const { u8, l3, l4 } = headers(false, false, 8)
    addressSegment(u8, 3, { l3, l4, ipv4: false, tcp: false }, 500, 1, 400, 0xfff)
    expect(ipv6.payloadLength(u8, 3 + l3)).toBe(500 - l3 - 40)
    expect(udp.length(u8, 3 + l4)).toBe(500 - l4)
  })

  test('each flag is where it belongs: FIN and PSH in the last, CWR in the first, all in an only one', () => {
    const kept = (first: boolean, last: boolean): number => {
      const { u8, l3, l4 } = headers(true, true)
      addressSegment(u8, 3, { l3, l4, ipv4: true, tcp: true }, 100, 0, 0, segmentFlags(first, last))
      return tcp.flags(u8, 3 + l4)
    }
    expect([kept(true, false), kept(false, false), kept(false, true), kept(true, true)]).toEqual([
      ack | cwr,
      ack,
      ack | fin | psh,
      ack | cwr | fin | psh,
    ])
  })

  test('a mask of twelve bits touches nothing but flags', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xfff }), fc.integer({ min: 0, max: 0xffff }), (mask, word) => {
        const { u8, l3, l4 } = headers(false, true)
        u8[3 + l4 + 12] = word >>> 8
        u8[3 + l4 + 13] = word
        const before = u8.slice()
        addressSegment(u8, 3, { l3, l4, ipv4: false, tcp: true }, l4 + 20 + 10, 0, 0, mask)
        expect((u8[3 + l4 + 12] << 8) | u8[3 + l4 + 13]).toBe(word & (mask | 0xf000))
        expect(u8.subarray(3 + l4 + 14)).toEqual(before.subarray(3 + l4 + 14))
        expect(u8.subarray(0, 3 + l3 + 4)).toEqual(before.subarray(0, 3 + l3 + 4))
      }),
    )
  })
})

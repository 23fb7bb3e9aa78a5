import { Csum } from '@npa/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readPcap } from '../capture/pcap.js'
import { fixture } from '../testing/fixture.js'
import { finishCsum, pseudoIpv4, pseudoIpv6 } from './checksum.js'
import { IpProtocol } from './ip-protocol.js'
import { Layer, LAYER_WORDS, parseLayers } from './layers.js'
import * as ipv4 from './ipv4.js'
import { verifyFrame, verifyIpv4Header, verifyL4 } from './verify.js'

const CSUM_OFFSET: Record<number, number> = {
  [IpProtocol.tcp]: 16,
  [IpProtocol.udp]: 6,
  [IpProtocol.icmp]: 2,
  [IpProtocol.icmpv6]: 2,
}

/** Every frame of a capture, as a copy. */
function framesOf(name: string): Uint8Array[] {
  const file = fixture(name)
  const packets = readPcap(file)
  return Array.from(packets.offsets, (at, i) => file.slice(at, at + packets.lengths[i]))
}

describe.each([
  ['mixed.pcap', 706, 16],
  ['vlan100.pcap', 706, 16],
  ['bulk.pcap', 4972, 0],
])('every frame of %s', (name, good, none) => {
  test(`${good} are good, ${none} (fragments, ARP) unknown, none is bad`, () => {
    const counts = [0, 0, 0]
    for (const frame of framesOf(name)) counts[verifyFrame(frame, 0, frame.length)]++
    expect(counts).toEqual([none, good, 0])
  })

  test('one changed byte of the payload or header is found', () => {
    for (const frame of framesOf(name)) {
      if (verifyFrame(frame, 0, frame.length) !== Csum.good) continue
      frame[frame.length - 1] ^= 0x10
      expect(verifyFrame(frame, 0, frame.length)).toBe(Csum.bad)
      frame[frame.length - 1] ^= 0x10
    }
  })

  test('a partial checksum, finished, gives the captured bytes', () => {
    const parsed = new Int32Array(LAYER_WORDS)
    let finished = 0
    for (const frame of framesOf(name)) {
      parseLayers(frame, 0, frame.length, parsed)
      if (verifyL4(frame, 0, parsed) !== Csum.good) continue
      const offset = CSUM_OFFSET[parsed[Layer.protocol]]
      const l4 = parsed[Layer.l4]
      const bytes = parsed[Layer.end] - l4
      const pseudo = parsed[Layer.etherType] === 0x86dd ? pseudoIpv6 : pseudoIpv4
      const protocol = parsed[Layer.protocol]
      const sum = protocol === IpProtocol.icmp ? 0 : pseudo(frame, parsed[Layer.l3], protocol, bytes)
      const original = frame.slice()
      frame[l4 + offset] = sum >>> 8
      frame[l4 + offset + 1] = sum & 255
      expect(finishCsum(frame, 0, parsed[Layer.end], l4, offset)).toBe(true)
      expect(Buffer.compare(frame, original)).toBe(0)
      finished++
    }
    expect(finished).toBe(good)
  })
})

describe('verifyFrame', () => {
  const udp =
    framesOf('mixed.pcap').find((frame) => frame[12] === 8 && frame[23] === IpProtocol.udp) ?? new Uint8Array()

  test('a wrong IPv4 header is bad even where the L4 is right or unknown', () => {
    const frame = udp.slice()
    frame[22]-- // TTL, which no L4 checksum covers
    const parsed = new Int32Array(LAYER_WORDS)
    parseLayers(frame, 0, frame.length, parsed)
    expect(verifyL4(frame, 0, parsed)).toBe(Csum.good)
    expect(verifyIpv4Header(frame, 0, parsed)).toBe(Csum.bad)
    expect(verifyFrame(frame, 0, frame.length)).toBe(Csum.bad)
  })

  test('a UDP checksum of zero is unknown', () => {
    const frame = udp.slice()
    frame.fill(0, 40, 42)
    expect(verifyFrame(frame, 0, frame.length)).toBe(Csum.none)
  })

  test('a UDP length that contradicts IP is unknown; a shorter one bounds the sum', () => {
    const frame = udp.slice()
    frame[38] = 0xff
    expect(verifyFrame(frame, 0, frame.length)).toBe(Csum.none)
    const longer = new Uint8Array(udp.length + 1)
    longer.set(udp)
    longer[udp.length] = 0x55
    ipv4.setTotalLength(longer, 14, longer.length - 14)
    ipv4.setChecksum(longer, 14)
    expect(verifyFrame(longer, 0, longer.length)).toBe(Csum.good)
  })

  test('a header that is cut off has no verdict, nor has ICMPv6 over IPv4', () => {
    const parsed = new Int32Array(LAYER_WORDS)
    expect(parseLayers(udp, 0, 30, parsed)).toBe(false)
    expect(verifyIpv4Header(udp, 0, parsed)).toBe(Csum.none)
    expect(verifyFrame(udp, 0, 30)).toBe(Csum.none)
    const frame = udp.slice()
    frame[14 + ipv4.Field.protocol] = IpProtocol.icmpv6
    ipv4.setChecksum(frame, 14)
    expect(verifyFrame(frame, 0, frame.length)).toBe(Csum.none)
  })

  test('Ethernet padding is not summed', () => {
    const padded = new Uint8Array(udp.length + 9).fill(0xab)
    padded.set(udp)
    expect(verifyFrame(padded, 0, padded.length)).toBe(Csum.good)
  })

  test('over IPv6 a UDP datagram needs a checksum', () => {
    const frame = new Uint8Array(62)
    frame.set([0x86, 0xdd, 0x60, 0, 0, 0, 0, 8, IpProtocol.udp, 64], 12)
    frame.set([0, 8], 58)
    expect(verifyFrame(frame, 0, frame.length)).toBe(Csum.bad)
    const sum = pseudoIpv6(frame, 14, IpProtocol.udp, 8)
    frame.set([sum >>> 8, sum & 255], 60)
    finishCsum(frame, 0, frame.length, 54, 6)
    expect(verifyFrame(frame, 0, frame.length)).toBe(Csum.good)
  })

  test('hostile bytes neither throw nor depend on what lies around them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 90 }), fc.constantFrom(0x0800, 0x86dd, 0x8100), (bytes, type) => {
        if (bytes.length > 14) bytes.set([type >>> 8, type & 255, type === 0x86dd ? 0x60 : 0x45], 12)
        const verdicts = [0, 0xff].map((around) => {
          const buffer = new Uint8Array(bytes.length + 200).fill(around)
          buffer.set(bytes, 100)
          return verifyFrame(buffer, 100, bytes.length)
        })
        expect(verdicts[0]).toBe(verdicts[1])
      }),
      { numRuns: 1000 },
    )
  })
})

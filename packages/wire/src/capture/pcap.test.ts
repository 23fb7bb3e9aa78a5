import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fixture } from '../testing/fixture.js'
import { LINKTYPE_ETHERNET, PcapError, readPcap } from './pcap.js'

interface Packet {
  seconds: number
  fraction: number
  bytes: Uint8Array
}

/** A pcap file, written plainly. */
function pcapFile(magic: number, little: boolean, packets: readonly Packet[]): Uint8Array {
  const file = new Uint8Array(24 + packets.reduce((sum, packet) => sum + 16 + packet.bytes.length, 0))
  const view = new DataView(file.buffer)
  view.setUint32(0, magic, little)
  view.setUint16(4, 2, little)
  view.setUint16(6, 4, little)
  view.setUint32(16, 65535, little)
  view.setUint32(20, LINKTYPE_ETHERNET, little)
  let at = 24
  for (const { seconds, fraction, bytes } of packets) {
    view.setUint32(at, seconds, little)
    view.setUint32(at + 4, fraction, little)
    view.setUint32(at + 8, bytes.length, little)
    view.setUint32(at + 12, bytes.length + 7, little)
    file.set(bytes, at + 16)
    at += 16 + bytes.length
  }
  return file
}

/** The error that reading throws. */
function errorOf(file: Uint8Array): PcapError {
  try {
    readPcap(file)
  } catch (error) {
    if (error instanceof PcapError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

describe('reading pcap', () => {
  test.each([
    ['mixed.pcap', 722, 857_081, 15_327_156_000],
    ['vlan100.pcap', 722, 859_969, 15_327_156_000],
    ['bulk.pcap', 4972, 6_585_246, 31_013_000],
  ])('%s has the packets that capinfos counts', (name, count, bytes, durationNs) => {
    const file = fixture(name)
    const packets = readPcap(file)
    expect([packets.count, packets.linkType, packets.snapLength]).toEqual([count, LINKTYPE_ETHERNET, 262144])
    expect(packets.lengths.reduce((sum, length) => sum + length, 0)).toBe(bytes)
    expect(packets.originalLengths).toEqual(packets.lengths)
    expect(Math.max(...packets.timesNs) - Math.min(...packets.timesNs)).toBe(durationNs)
    expect(packets.offsets[count - 1] + packets.lengths[count - 1]).toBe(file.length)
  })

  test('the length of an FCS beside the link type is no part of it', () => {
    const file = pcapFile(0xa1b2c3d4, false, [])
    file[20] = 0x24
    expect(readPcap(file).linkType).toBe(LINKTYPE_ETHERNET)
  })

  test('both byte orders, micro- and nanoseconds, in a part of a larger buffer', () => {
    const packet = fc.record({
      seconds: fc.integer({ min: 0, max: 0xffffffff }),
      fraction: fc.integer({ min: 0, max: 999_999 }),
      bytes: fc.uint8Array({ maxLength: 30 }),
    })
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 5 }), fc.boolean(), fc.boolean(), (packets, little, nanos) => {
        const plain = pcapFile(nanos ? 0xa1b23c4d : 0xa1b2c3d4, little, packets)
        const larger = new Uint8Array(plain.length + 10).fill(0x5a)
        larger.set(plain, 5)
        const file = larger.subarray(5, 5 + plain.length)
        const read = readPcap(file)
        expect(read.count).toBe(packets.length)
        packets.forEach(({ seconds, fraction, bytes }, i) => {
          expect(file.subarray(read.offsets[i], read.offsets[i] + read.lengths[i])).toEqual(bytes)
          expect(read.originalLengths[i]).toBe(bytes.length + 7)
          expect(read.timesNs[i]).toBe((seconds - packets[0].seconds) * 1e9 + fraction * (nanos ? 1 : 1000))
          expect(read.baseSeconds).toBe(packets[0].seconds)
        })
      }),
    )
  })

  test('a file that is cut off anywhere says where', () => {
    const bytes = new Uint8Array(10)
    const file = pcapFile(0xa1b2c3d4, true, [
      { seconds: 1, fraction: 2, bytes },
      { seconds: 1, fraction: 2, bytes },
    ])
    for (let length = 0; length < file.length; length++) {
      if (length === 24 || length === 50) continue // the file ends behind a whole packet
      const error = errorOf(file.subarray(0, length))
      const inSecond = length > 50
      const packet = inSecond ? 50 : 24
      if (length < 24) expect([error.offset, error.expected]).toEqual([0, 'a file header of 24 bytes'])
      else if (length < packet + 16)
        expect([error.offset, error.expected]).toEqual([packet, 'a packet header of 16 bytes'])
      else expect([error.offset, error.expected]).toEqual([packet + 16, 'a packet of 10 bytes'])
    }
    expect(errorOf(file.subarray(0, 45)).message).toBe(
      'pcap file, byte 40: expected a packet of 10 bytes, found 5 bytes',
    )
  })

  test('a foreign file is refused by what it is not', () => {
    expect(errorOf(new TextEncoder().encode('GET / HTTP/1.1\r\nHost: example.org\r\n')).message).toBe(
      'pcap file, byte 0: expected magic a1b2c3d4 or a1b23c4d, found 47455420',
    )
    const version = pcapFile(0xa1b2c3d4, true, [])
    version[4] = 3
    expect(errorOf(version).message).toBe('pcap file, byte 4: expected major version 2, found 3')
    const fraction = pcapFile(0xa1b2c3d4, true, [{ seconds: 1, fraction: 1_000_000, bytes: new Uint8Array() }])
    expect(errorOf(fraction)).toMatchObject({ offset: 28, expected: 'a fraction of a second below 1000000' })
  })

  test('hostile bytes end in that error or in packets inside the file', () => {
    const start = pcapFile(0xa1b2c3d4, true, [])
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const file = Uint8Array.of(...start, ...bytes)
        try {
          const packets = readPcap(file)
          packets.offsets.forEach((at, i) => expect(at + packets.lengths[i]).toBeLessThanOrEqual(file.length))
        } catch (error) {
          expect(error).toBeInstanceOf(PcapError)
          expect((error as PcapError).offset).toBeLessThanOrEqual(file.length)
        }
      }),
    )
  })
})

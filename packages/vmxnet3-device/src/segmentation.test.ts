import { Pt, QueueError, TxDesc, TxOffload, TxQueue, Bar } from '@npa/vmxnet3-spec'
import { ethernet, finishCsum, FrameFlag, IpProtocol, ipv4, ipv6, tcp, verifyFrame } from '@npa/wire'
import { Csum } from '@npa/core'
import { describe, expect, test } from 'vitest'
import { TestDriver } from './testing/driver.js'
import type { DriverOptions } from './testing/driver.js'
import { PEER } from './testing/frames.js'
import { Guest, MAC } from './testing/guest.js'
import type { Seen } from './testing/switch.js'

const { fin, psh, ack, cwr } = tcp.Flag
const OPTIONS = 12

function opened(options: DriverOptions = {}): { guest: Guest; driver: TestDriver } {
  const guest = new Guest()
  const driver = new TestDriver(guest, options)
  driver.open()
  return { guest, driver }
}

/** A TCP frame as Linux hands it over for segmentation: too long, IPv4 checksum 0, TCP checksum without a length. */
function longFrame(
  payload: number,
  version: 4 | 6,
  tags: number[] = [],
): { bytes: Uint8Array; l3: number; l4: number } {
  const l3 = ethernet.HEADER_BYTES + 4 * tags.length
  const l4 = l3 + (version === 4 ? ipv4.HEADER_BYTES : ipv6.HEADER_BYTES)
  const headers = l4 + tcp.HEADER_BYTES + OPTIONS
  const u8 = Uint8Array.from({ length: headers + payload }, (_, i) => (i * 31 + (i >> 8)) & 0xff)
  const type = version === 4 ? ethernet.EtherType.ipv4 : ethernet.EtherType.ipv6
  ethernet.emit(u8, 0, PEER, MAC, type)
  for (const [i, tci] of tags.entries()) u8.set([0x81, 0, tci >> 8, tci & 255, type >> 8, type & 255], 12 + 4 * i)
  if (version === 4) ipv4.emit(u8, l3, u8.length - l3, 0xfffe, 64, IpProtocol.tcp, 0x0a000001, 0x0a000002)
  else ipv6.emit(u8, l3, (u8.length - l4) & 0xffff, IpProtocol.tcp, 64, u8.slice(-16), u8.slice(-17, -1))
  const header = tcp.HEADER_BYTES + OPTIONS
  tcp.emit(u8, l4, 1000, 2000, 0xffffff00, 77, header, fin | psh | ack | cwr, 500)
  if (version === 4) u8.set([0, 0], l3 + ipv4.Field.checksum)
  tcp.setChecksum(u8, l4, 0x1234)
  return { bytes: u8, l3, l4 }
}

const tso = (headers: number, mss: number, w3 = 0): { w2: number; w3: number } => ({
  w2: mss << TxDesc.msscofShift,
  w3: headers | (TxOffload.tso << TxDesc.omShift) | w3,
})

/** What a wire would carry, its checksums verified. */
function onTheWire(seen: Seen): Uint8Array {
  const u8 = Uint8Array.from(seen.bytes)
  expect(seen.flags & FrameFlag.csumWanted).not.toBe(0)
  expect(finishCsum(u8, 0, u8.length, seen.csumStart, seen.csumOffset)).toBe(true)
  expect(verifyFrame(u8, 0, u8.length)).toBe(Csum.good)
  return u8
}

describe('TCP segmentation', () => {
  test.each([
    [4, []],
    [6, []],
    [4, [0x2005]],
    [6, [5, 6]],
  ] as const)('IPv%i, tags %j: every segment stands for itself, and together they are the frame', (version, tags) => {
    const { guest, driver } = opened()
    const mss = 1400
    const { bytes, l3, l4 } = longFrame(3 * mss + 100, version, [...tags])
    const headers = l4 + tcp.HEADER_BYTES + OPTIONS
    driver.send(bytes, { cuts: [headers, 1000, 3000], ...tso(headers, mss) })
    guest.settle()
    const segments = guest.switch.seen.map(onTheWire)
    expect(segments.map(({ length }) => length - headers)).toEqual([mss, mss, mss, 100])
    expect(Buffer.concat(segments.map((u8) => u8.subarray(headers))).equals(bytes.subarray(headers))).toBe(true)
    segments.forEach((u8, i) => {
      expect(tcp.sequence(u8, l4)).toBe((0xffffff00 + i * mss) >>> 0)
      const [first, last] = [i === 0, i === 3]
      expect(tcp.flags(u8, l4)).toBe(ack | (first ? cwr : 0) | (last ? fin | psh : 0))
      expect(u8.subarray(0, l3)).toEqual(bytes.subarray(0, l3))
      expect(u8.subarray(l4 + tcp.HEADER_BYTES, headers)).toEqual(bytes.subarray(l4 + tcp.HEADER_BYTES, headers))
      if (version === 4) expect(ipv4.identification(u8, l3)).toBe((0xfffe + i) & 0xffff)
      else expect(ipv6.payloadLength(u8, l3)).toBe(u8.length - l4)
    })
    expect(driver.completions()).toEqual([3])
    const { counters } = guest.device
    expect(counters.get('TSOPktsTxOK')).toBe(4)
    expect(counters.get('ucastPktsTxOK')).toBe(4)
    expect(counters.get('TSOBytesTxOK')).toBe(4 * headers + bytes.length - headers)
  })

  test('a tag beside the frame goes with every segment', () => {
    const { guest, driver } = opened()
    const { bytes, l4 } = longFrame(3000, 4)
    const headers = l4 + tcp.HEADER_BYTES + OPTIONS
    driver.send(bytes, { cuts: [headers], ...tso(headers, 1000, TxDesc.ti | (0x123 << TxDesc.tciShift)) })
    guest.settle()
    expect(guest.switch.seen.map(({ flags, vlan }) => [flags & FrameFlag.vlan, vlan])).toEqual(
      new Array(3).fill([FrameFlag.vlan, 0x123]),
    )
  })

  test('64 KiB in 24 descriptors leave in several batches, with frames before and behind, and a peer that is full', () => {
    const { guest, driver } = opened()
    guest.switch.credit = 5
    const plain = Array.from({ length: 64 }, (_, i) => i & 0xfe)
    const { bytes, l4 } = longFrame(23 * 2800, 4)
    const headers = l4 + tcp.HEADER_BYTES + OPTIONS
    for (let lap = 0; lap < 8; lap++) {
      driver.put(plain)
      driver.put(bytes, { cuts: [headers, ...new Array<number>(22).fill(2800)], ...tso(headers, 1400) })
      driver.put(plain)
      driver.ring()
      for (let grants = 0; grants < 12; grants++) {
        guest.settle()
        guest.switch.grant(5)
      }
      guest.settle()
      const lengths = guest.switch.seen.map((seen) => seen.bytes.length)
      expect(lengths).toEqual([64, ...new Array<number>(46).fill(headers + 1400), 64])
      const payload = guest.switch.seen.slice(1, -1).flatMap((seen) => seen.bytes.slice(headers))
      expect(Buffer.from(payload).equals(bytes.subarray(headers))).toBe(true)
      expect(driver.completions().length).toBe(3)
      expect(guest.device.txIdle).toBe(true)
      guest.switch.seen.length = 0
    }
  })

  test('a reset in the middle leaves nothing behind', () => {
    const { guest, driver } = opened()
    guest.switch.credit = 5
    const { bytes, l4 } = longFrame(60000, 4)
    const headers = l4 + tcp.HEADER_BYTES + OPTIONS
    driver.send(bytes.subarray(0, 20000), { cuts: [headers, 4000, 4000, 4000, 4000], ...tso(headers, 100) })
    guest.settle()
    expect(guest.switch.seen.length).toBe(5)
    guest.command(0xcafe0002)
    driver.open()
    guest.switch.grant(Infinity)
    driver.send(Array.from({ length: 64 }, () => 2))
    guest.settle()
    expect(guest.switch.seen.slice(5).map((seen) => seen.bytes.length)).toEqual([64])
  })

  const { bytes: good, l4 } = longFrame(3000, 4)
  const headers = l4 + tcp.HEADER_BYTES + OPTIONS
  const changed = (at: number, value: number): Uint8Array => {
    const copy = good.slice()
    copy[at] = value
    return copy
  }
  test.each([
    ['no segment size', good, tso(headers, 0), 'txErrorInvalid'],
    ['headers longer than the frame', good.subarray(0, headers), tso(headers, 1000), 'txErrorInvalid'],
    ['headers that end before TCP does', good, tso(headers - 4, 1000), 'txErrorInvalid'],
    ['headers that end behind TCP', good, tso(headers + 4, 1000), 'txErrorInvalid'],
    ['UDP', changed(14 + ipv4.Field.protocol, IpProtocol.udp), tso(headers, 1000), 'txErrorInvalid'],
    ['another version', changed(14, 0x65), tso(headers, 1000), 'txErrorInvalid'],
    ['an IPv4 header of 16 bytes', changed(14, 0x44), tso(headers, 1000), 'txErrorInvalid'],
    ['ARP', changed(13, 0x06), tso(headers, 1000), 'txErrorInvalid'],
    ['segments longer than any frame', good, tso(headers, 9022 - headers + 1), 'txErrorTooBig'],
    ['another descriptor type', good, { ...tso(headers, 1000), w2: (1000 << 18) | TxDesc.descType }, 'txErrorDescType'],
  ])('%s stops the queue', (_, bytes, words, counter) => {
    const { guest, driver } = opened()
    driver.send(bytes, { cuts: bytes.length > 2000 ? [1500] : [], ...words })
    guest.settle()
    expect(guest.switch.seen).toEqual([])
    expect(guest.device.counters.get(counter)).toBe(1)
    expect(guest.bytes(driver.entry(0) + TxQueue.stopped, 1)[0]).toBe(1)
  })

  test('a buffer that is nowhere, and a chain of 25, stop the queue', () => {
    const { guest, driver } = opened()
    driver.put(good.subarray(0, headers), { ...tso(headers, 1000), cq: false })
    const at = driver.tx[0].ring
    guest.put32(at + 12, guest.u32(at + 12) & ~TxDesc.eop)
    driver.descriptor(0, 0x7000, 2000, TxDesc.eop)
    driver.ring()
    guest.settle()
    expect(guest.device.counters.get('txErrorAddress')).toBe(1)
    driver.open()
    const long = longFrame(2400, 4).bytes
    driver.put(long, { cuts: [headers, ...new Array<number>(24).fill(96)], ...tso(headers, 1000) })
    driver.ring()
    guest.settle()
    expect(guest.u32(driver.entry(0) + TxQueue.error)).toBe(QueueError.noEop)
    expect(guest.switch.seen).toEqual([])
  })

  test('descriptors changed behind the doorbell change nothing', () => {
    const { guest, driver } = opened()
    guest.switch.credit = 5
    const { bytes } = longFrame(8000, 4)
    driver.send(bytes, { cuts: [headers, 4000], ...tso(headers, 100) })
    guest.settle()
    for (let k = 0; k < 3; k++) guest.put64(driver.tx[0].ring + 16 * k, 0x7000)
    guest.write(Bar.data, Pt.txProd, driver.tx[0].next)
    guest.switch.grant(Infinity)
    guest.settle()
    const payload = guest.switch.seen.flatMap((seen) => seen.bytes.slice(headers))
    expect(Buffer.from(payload).equals(bytes.subarray(headers))).toBe(true)
  })
})

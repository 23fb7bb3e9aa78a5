import { Csum } from '@npa/core'
import { Bar, Cmd, RssHash, RssType, RxComp, RxQueue, Shared, UptFeature, Vd } from '@npa/vmxnet3-spec'
import { FrameFlag, ipv4, tcp, verifyFrame } from '@npa/wire'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TestDriver } from './testing/driver.js'
import type { DriverOptions, Received } from './testing/driver.js'
import { tagged } from './testing/frames.js'
import { Guest } from './testing/guest.js'
import { ACK, segment, stream, tcpAt } from './testing/segments.js'
import type { SegmentOptions } from './testing/segments.js'

const FEATURES = UptFeature.rxChecksum | UptFeature.rxVlan | UptFeature.lro
const { psh, fin, syn, rst, urg, ece } = tcp.Flag
const TIMESTAMPS = [1, 1, 8, 10, 0, 0, 1, 2, 0, 0, 3, 4]

function opened(options: DriverOptions = {}, revision = 2): { guest: Guest; driver: TestDriver } {
  const guest = new Guest()
  guest.write(Bar.control, Vd.vrrs, 1 << (revision - 1))
  const driver = new TestDriver(guest, { features: FEATURES, body: 4096, ...options })
  driver.open()
  return { guest, driver }
}

/** `count` segments of a stream of `mss` bytes each. */
function run(count: number, mss = 100, given: SegmentOptions = {}): { bytes: Uint8Array }[] {
  return Array.from({ length: count }, (_, n) => ({
    bytes: segment({ ...given, sequence: n * mss, payload: stream(n * mss, mss), id: n }),
  }))
}

/** Type, segments and their size as a completion tells them. */
function told(frame: Received): { type: number; segments: number; mss: number } {
  return { type: (frame.w3 >>> RxComp.typeShift) & RxComp.typeMask, segments: frame.w1 & 255, mss: frame.w3 & 0xffff }
}

function packets(guest: Guest, driver: TestDriver, frames: Parameters<Guest['switch']['deliver']>[0]): Received[] {
  guest.switch.deliver(frames)
  return driver.receive()
}

describe('large receive offload', () => {
  test.each<[string, SegmentOptions]>([
    ['IPv4', {}],
    ['IPv6', { v6: true }],
    ['timestamps', { options: TIMESTAMPS }],
    ['checksums yet to be completed', { partial: true }],
    ['IPv6, checksums yet to be completed', { v6: true, partial: true, options: TIMESTAMPS }],
    ['identifications that count', { mayBeCut: true }],
  ])('%s: a run becomes one packet with right checksums', (_name, given) => {
    for (const mss of [100, 101, 1448]) {
      const { guest, driver } = opened()
      const l4 = tcpAt(given.v6)
      const csum =
        given.partial === true ? { flags: FrameFlag.csumWanted, csumStart: l4, csumOffset: tcp.Field.checksum } : {}
      const frames = run(10, mss, given).map((frame) => ({ ...frame, ...csum }))
      const [packet, ...more] = packets(guest, driver, frames)
      expect(more).toEqual([])
      expect(told(packet)).toEqual({ type: RxComp.typeLro, segments: 10, mss })
      const header = l4 + 20 + (given.options?.length ?? 0)
      const bytes = Uint8Array.from(packet.bytes)
      expect(packet.bytes.slice(header)).toEqual(stream(0, 10 * mss))
      expect(verifyFrame(bytes, 0, bytes.length)).toBe(Csum.good)
      const good = RxComp.tcp | RxComp.tuc | (given.v6 === true ? RxComp.v6 : RxComp.v4 | RxComp.ipc)
      expect(packet.w3 & good).toBe(good)
      expect(packet.w0 & RxComp.cnc).toBe(0)
      // All else is the first segment's.
      const first = run(1, 10 * mss, given)[0].bytes
      expect(packet.bytes.slice(0, l4 + tcp.Field.checksum)).toEqual(
        Array.from(first.subarray(0, l4 + tcp.Field.checksum)),
      )
    }
  })

  test('one interrupt and one copy; the wire’s packets are counted, and the long one beside them', () => {
    const { guest, driver } = opened()
    packets(guest, driver, run(10))
    const { counters } = guest.device
    expect(guest.interrupts[1]).toBe(1)
    expect(counters.get('cpuCopies')).toBe(1)
    expect([counters.get('ucastPktsRxOK'), counters.get('ucastBytesRxOK')]).toEqual([10, 1540])
    expect([counters.get('LROPktsRxOK'), counters.get('LROBytesRxOK')]).toEqual([1, 1054])
    guest.command(Cmd.getStats)
    expect(guest.u64(driver.entry(1) + RxQueue.stats)).toBe(1)
  })

  test('nothing waits for another burst', () => {
    const { guest, driver } = opened()
    const frames = run(4)
    expect(packets(guest, driver, frames.slice(0, 2)).map(told)).toMatchObject([{ segments: 2 }])
    expect(packets(guest, driver, frames.slice(2, 3)).map(told)).toMatchObject([{ type: RxComp.typeNormal }])
    expect(packets(guest, driver, frames.slice(3)).length).toBe(1)
  })

  test.each<[string, SegmentOptions]>([
    ['a gap', { sequence: 201 }],
    ['what came before', { sequence: 0 }],
    ['another acknowledgment', { acknowledgment: 10 }],
    ['another window', { window: 501 }],
    ['another option', { options: [1, 1, 1, 1] }],
    ['timestamps where there were none', { options: TIMESTAMPS }],
    ['FIN', { flags: ACK | fin }],
    ['SYN', { flags: ACK | syn }],
    ['RST', { flags: ACK | rst }],
    ['URG', { flags: ACK | urg }],
    ['a congestion echo', { flags: ACK | ece }],
    ['no ACK', { flags: 0 }],
    ['a longer segment', { payload: stream(100, 101) }],
    ['an acknowledgment alone', { payload: [] }],
    ['another time to live', { ttl: 63 }],
    ['another traffic class', { tos: 2 }],
    ['a packet that may be cut', { mayBeCut: true }],
  ])('%s ends it, and comes behind', (_name, given) => {
    for (const v6 of given.mayBeCut === true ? [false] : [false, true]) {
      const { guest, driver } = opened()
      const other = segment({ v6, sequence: 100, ...given })
      const all = packets(guest, driver, [...run(1, 100, { v6 }), { bytes: other }])
      expect(all.length).toBe(2)
      expect(all[1].bytes.slice(0, other.length)).toEqual(Array.from(other))
    }
  })

  test('identifications that count must go up by one', () => {
    const { guest, driver } = opened()
    const frames = [5, 6, 8].map((id, n) => ({ bytes: segment({ mayBeCut: true, id, sequence: n * 100 }) }))
    expect(packets(guest, driver, frames).map((packet) => packet.w1 & 255)).toEqual([2, 0])
  })

  test.each([
    ['an IPv4 header', 24, 0],
    ['a payload', 60, 0],
    ['a segment that hardware found bad', 60, FrameFlag.csumBad],
  ])('%s with a wrong checksum goes by itself', (_name, at, flags) => {
    const { guest, driver } = opened()
    const frames = run(3)
    frames[1].bytes[at] ^= 1
    const all = packets(guest, driver, [frames[0], { ...frames[1], flags }, frames[2]])
    expect(all.map((packet) => packet.bytes)).toEqual(frames.map(({ bytes }) => Array.from(bytes)))
    expect(all[1].w3 & RxComp.tuc).toBe(0)
  })

  const withOptions = (bytes: Uint8Array): Uint8Array => {
    const longer = Uint8Array.from([...bytes.subarray(0, 34), 1, 1, 1, 1, ...bytes.subarray(34)])
    longer[14] = 0x46
    ipv4.setTotalLength(longer, 14, longer.length - 14)
    ipv4.setChecksum(longer, 14)
    return longer
  }
  const wanted = { flags: FrameFlag.csumWanted, csumStart: 36, csumOffset: tcp.Field.checksum }
  test.each<[string, { bytes: Uint8Array }[]]>([
    ['options of TCP but timestamps', run(3, 100, { options: [1, 1, 1, 1] })],
    ['timestamps not laid out as all do', run(3, 100, { options: [8, 10, 0, 0, 1, 2, 0, 0, 3, 4, 1, 1] })],
    ['options of IPv4', run(3).map(({ bytes }) => ({ bytes: withOptions(bytes) }))],
    ['what hardware found bad', run(3).map((frame) => ({ ...frame, flags: FrameFlag.csumBad }))],
    ['a checksum wanted at another place', run(3, 100, { partial: true }).map((frame) => ({ ...frame, ...wanted }))],
    ['another sender’s address in each', run(3).map(({ bytes }, n) => ({ bytes: bytes.with(11, n) }))],
  ])('%s: every segment by itself', (_name, frames) => {
    const { guest, driver } = opened()
    expect(packets(guest, driver, frames).length).toBe(3)
  })

  test('hardware’s word is taken for a checksum, and damage behind it stays visible', () => {
    const { guest, driver } = opened()
    const frames = run(3, 101)
    frames[1].bytes[60] ^= 1
    const [packet] = packets(
      guest,
      driver,
      frames.map((frame) => ({ ...frame, flags: FrameFlag.csumGood })),
    )
    expect(told(packet)).toMatchObject({ segments: 3 })
    expect(verifyFrame(Uint8Array.from(packet.bytes), 0, packet.bytes.length)).toBe(Csum.bad)
  })

  test('PSH and a short segment are the last of their packet', () => {
    const { guest, driver } = opened()
    const frames = [
      segment({}),
      segment({ sequence: 100, flags: ACK | psh }),
      segment({ sequence: 200 }),
      segment({ sequence: 300, payload: stream(300, 40) }),
      segment({ sequence: 340, payload: stream(340, 40) }),
    ].map((bytes) => ({ bytes }))
    const all = packets(guest, driver, frames)
    expect(all.map((packet) => told(packet).segments)).toEqual([2, 2, 0])
    expect(all.map((packet) => packet.bytes[tcpAt() + tcp.Field.flags])).toEqual([ACK | psh, ACK, ACK])
  })

  test('flows that take turns are put together each by itself, more than eight in part', () => {
    const { guest, driver } = opened()
    const turns = (flows: number): Received[] => {
      const frames = Array.from({ length: 3 * flows }, (_, n) => {
        const at = Math.floor(n / flows) * 100
        const flow = n % flows
        return { bytes: segment({ sequence: at, port: 4000 + (flow >> 1), host: 1 + (flow & 1) }) }
      })
      return packets(guest, driver, frames)
    }
    expect(turns(8).map((packet) => told(packet).segments)).toEqual(new Array<number>(8).fill(3))
    expect(turns(9).length).toBeGreaterThan(9)
  })

  test('a frame that is no TCP does not disturb', () => {
    const { guest, driver } = opened()
    const datagram = segment({})
    datagram[14 + ipv4.Field.protocol] = 17
    const [first, second] = run(2)
    const all = packets(guest, driver, [first, { bytes: datagram }, second])
    expect(all.map((packet) => packet.w1 & 255)).toEqual([0, 2])
  })

  test.each([
    ['taken out of the bytes', FEATURES, true, true],
    ['beside the bytes', FEATURES, false, true],
    ['left in the bytes', FEATURES & ~UptFeature.rxVlan, true, false],
    ['put into the bytes', FEATURES & ~UptFeature.rxVlan, false, false],
  ])('a tag %s', (_name, features, inBytes, stripped) => {
    const { guest, driver } = opened({ features })
    const frames = run(3).map(({ bytes }) =>
      inBytes ? { bytes: tagged(bytes, 0x2005) } : { bytes, flags: FrameFlag.vlan, vlan: 0x2005 },
    )
    const [packet] = packets(guest, driver, frames)
    expect(told(packet).segments).toBe(3)
    expect(packet.w2 & RxComp.ts).toBe(stripped ? RxComp.ts : 0)
    if (stripped) expect(packet.w2 >>> RxComp.tciShift).toBe(0x2005)
    else expect(packet.bytes.slice(12, 16)).toEqual([0x81, 0, 0x20, 5])
    expect(packet.bytes.slice(stripped ? 54 : 58)).toEqual(stream(0, 300))
  })

  test('frames of another VLAN are of another flow', () => {
    const { guest, driver } = opened()
    const [first, second] = run(2)
    const frames = [first, second].map((frame, n) => ({ ...frame, flags: FrameFlag.vlan, vlan: 5 + n }))
    expect(packets(guest, driver, frames).length).toBe(2)
  })

  test('a head buffer and fifteen pages are enough, and 48 segments are the most', () => {
    const { guest, driver } = opened({ head: 128 })
    const long = packets(guest, driver, run(43, 1448))
    expect(long.map((packet) => told(packet).segments)).toEqual([42, 0])
    expect(long[0].rings.length).toBe(16)
    expect(packets(guest, driver, run(50, 20)).map((packet) => told(packet).segments)).toEqual([48, 2])
  })

  test('without buffers for a long packet its segments come one by one', () => {
    const { guest, driver } = opened({ ring2: 0 })
    const all = packets(guest, driver, run(20, 1000))
    expect(all.flatMap((packet) => packet.bytes.slice(54))).toEqual(stream(0, 20_000))
    expect(all.length).toBe(20)
    expect(guest.device.counters.get('LROPktsRxOK')).toBe(0)
    expect(guest.device.counters.get('ucastPktsRxOK')).toBe(20)
  })

  test('a driver that takes two buffers gets no packet of three', () => {
    const { guest, driver } = opened({ maxRxSg: 2 })
    expect(packets(guest, driver, run(5, 1000)).map((packet) => packet.rings.length)).toEqual([2])
    expect(packets(guest, driver, run(6, 1000)).length).toBe(6)
  })

  test('a buffer nowhere stops the queue, and every segment is counted', () => {
    const { guest, driver } = opened()
    guest.put64(driver.rings[1].base, 0x5000)
    guest.switch.deliver([...run(5, 1000), ...run(2, 100, { port: 1 })])
    expect(guest.device.counters.get('pktsRxError')).toBe(5)
    expect(guest.device.counters.get('rxNotReady')).toBe(2)
  })

  test('only when the driver asks for it, together with checksums', () => {
    for (const features of [UptFeature.rxChecksum, UptFeature.lro]) {
      const { guest, driver } = opened({ features })
      expect(packets(guest, driver, run(3)).length).toBe(3)
      guest.put32(driver.shared + Shared.uptFeatures, FEATURES)
      guest.command(Cmd.updateFeature)
      expect(packets(guest, driver, run(3)).length).toBe(1)
      guest.command(Cmd.resetDev)
      guest.put32(driver.shared + Shared.uptFeatures, features)
      driver.open()
      expect(packets(guest, driver, run(3)).length).toBe(3)
    }
  })

  test('revision 1 tells the hash instead of the segments; the choice outlives RESET_DEV, not a function-level reset', () => {
    const { guest, driver } = opened({ features: FEATURES | UptFeature.rss }, 1)
    driver.setRss([RssHash.tcpIpv4, 1, 40, 1], new Uint8Array(40).fill(0x5a), [0])
    const one = (): Received => {
      driver.open()
      return packets(guest, driver, run(3))[0]
    }
    const type = (packet: Received): number => (packet.w0 >>> RxComp.rssTypeShift) & RxComp.rssTypeMask
    const first = one()
    expect(told(first)).toMatchObject({ type: RxComp.typeNormal, mss: 0 })
    expect([type(first), first.bytes.length]).toEqual([RssType.tcpIpv4, 354])
    expect(first.w1).not.toBe(3)
    guest.write(Bar.control, Vd.vrrs, 2)
    guest.command(Cmd.resetDev)
    const second = one()
    expect(told(second)).toEqual({ type: RxComp.typeLro, segments: 3, mss: 100 })
    expect(type(second)).toBe(RssType.none)
    guest.device.reset('function')
    guest.enable()
    expect(told(one()).type).toBe(RxComp.typeNormal)
  })

  test('cut again, the packets are the segments that came, in order, whatever came', () => {
    const change: fc.Arbitrary<Partial<SegmentOptions>> = fc.oneof(
      { weight: 10, arbitrary: fc.constant({}) },
      { weight: 1, arbitrary: fc.record({ flags: fc.constantFrom(ACK | psh, ACK | fin, ACK | ece, 0) }) },
      { weight: 1, arbitrary: fc.record({ window: fc.nat(3) }) },
      { weight: 1, arbitrary: fc.record({ acknowledgment: fc.nat(3) }) },
      { weight: 1, arbitrary: fc.record({ ttl: fc.constantFrom(3, 64) }) },
      { weight: 1, arbitrary: fc.constant({ options: TIMESTAMPS }) },
    )
    const piece = fc.record({
      flow: fc.nat(2),
      length: fc.constantFrom(0, 1, 50, 51, 51, 51, 51),
      skip: fc.nat(20),
      change,
    })
    fc.assert(
      fc.property(fc.array(piece, { minLength: 1, maxLength: 60 }), (pieces) => {
        const { guest, driver } = opened({ ring1: 96, ring2: 96 })
        const next = [0xffffff80, 0, 1000]
        const sent = pieces.map(({ flow, length, skip, change }) => {
          const sequence = next[flow] >>> 0
          next[flow] += length + (skip === 0 ? 7 : 0)
          return segment({ v6: flow === 1, port: flow, sequence, payload: stream(sequence, length), ...change })
        })
        const came = packets(
          guest,
          driver,
          sent.map((bytes) => ({ bytes })),
        ).flatMap(cut)
        for (const flow of [0, 1, 2]) {
          const of = (all: readonly Uint8Array[]): string[] =>
            all.filter((bytes) => u16(bytes, l4Of(bytes)) === flow).map((bytes) => Buffer.from(bytes).toString('hex'))
          expect(of(came)).toEqual(of(sent))
        }
      }),
      { numRuns: 150 },
    )
  })
})

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8) | bytes[at + 1]
}

function l4Of(bytes: Uint8Array): number {
  return tcpAt(bytes[12] === 0x86)
}

/** The frames that a packet was, as segmentation makes them of it; padding goes. */
function cut(packet: Received): Uint8Array[] {
  const bytes = Uint8Array.from(packet.bytes)
  const v6 = bytes[12] === 0x86
  const l4 = tcpAt(v6)
  const end = v6 ? l4 + u16(bytes, 18) : 14 + u16(bytes, 16)
  const header = l4 + (bytes[l4 + tcp.Field.dataOffset] >> 4) * 4
  const { segments, mss, type } = told(packet)
  const of = {
    v6,
    acknowledgment: tcp.acknowledgment(bytes, l4),
    window: tcp.window(bytes, l4),
    port: tcp.sourcePort(bytes, l4),
    options: Array.from(bytes.subarray(l4 + 20, header)),
    ttl: bytes[v6 ? 21 : 22],
  }
  const count = type === RxComp.typeLro ? segments : 1
  const flags = tcp.flags(bytes, l4)
  return Array.from({ length: count }, (_, n) => {
    const from = header + n * mss
    const last = n === count - 1
    const sequence = (tcp.sequence(bytes, l4) + n * mss) >>> 0
    const payload = bytes.subarray(from, last ? end : from + mss)
    return segment({ ...of, sequence, payload, flags: last ? flags : flags & ~psh })
  })
}

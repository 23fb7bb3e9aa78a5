import { describe, expect, test } from 'vitest'
import { crc32c } from '../engine/crc32.js'
import { BareProgram } from './testing/bare-program.js'
import { frameOf, macOf } from '../intel/testing/frames.js'
import type { TxRing } from '../intel/testing/ring.js'
import { complete, ipFrame, offloaded } from '../intel/testing/ip-frame.js'
import type { IpFrame, IpFrameOptions } from '../intel/testing/ip-frame.js'

const PEER = Uint8Array.of(0x02, 9, 9, 9, 9, 9)
const IXSM = 1 << 8
const TXSM = 1 << 9
const CC = 1 << 7
const VLE = 1 << 30

/** A context descriptor for a frame, into slot `slot`. */
function context(tx: TxRing, frame: IpFrame, slot = 0, vlan = 0, l4Type?: number): void {
  const v4 = frame.bytes[frame.ip] >>> 4 === 4
  const tcp = frame.bytes[v4 ? frame.ip + 9 : frame.ip + 6] === 6
  const type = l4Type ?? (tcp ? 1 : 0)
  tx.push([
    (vlan << 16) | (frame.ip << 9) | (frame.l4 - frame.ip),
    0,
    0x20200000 | (type << 11) | (v4 ? 1 << 10 : 0),
    slot << 4,
  ])
}

const KINDS: readonly [string, IpFrameOptions][] = [
  ['TCP over IPv4', { to: PEER, from: macOf(0), protocol: 'tcp', payload: 1001 }],
  ['UDP over IPv4 with options', { to: PEER, from: macOf(0), protocol: 'udp', payload: 64, options: 8 }],
  ['TCP over IPv6', { to: PEER, from: macOf(0), protocol: 'tcp', version: 6, payload: 333 }],
  ['UDP over IPv6, tagged', { to: PEER, from: macOf(0), protocol: 'udp', version: 6, payload: 100, vlan: 5 }],
  ['UDP over IPv4 in a padded frame', { to: PEER, from: macOf(0), protocol: 'udp', payload: 1 }],
]

describe('checksum insertion', () => {
  test.each(KINDS)('%s', (_name, options) => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    const frame = complete(ipFrame(options))
    const asked = offloaded(frame)
    context(tx, frame, 1)
    tx.frame(asked, [20, asked.length - 20], 0x08000000, IXSM | TXSM | CC | (1 << 4))
    tx.ring()
    p.run()
    const [got] = p.far.frames
    expect(got.subarray(0, frame.bytes.length)).toEqual(frame.bytes)
  })

  test('a UDP sum of zero is sent as all ones', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    const frame = complete(ipFrame({ to: PEER, from: macOf(0), protocol: 'udp', payload: 4 }))
    // The last word takes up what the checksum was, so that the sum comes out as zero.
    const { bytes, field } = frame
    const last = bytes.length - 2
    const word = (bytes[last] << 8) | bytes[last + 1]
    const sum = word + ((bytes[field] << 8) | bytes[field + 1])
    const folded = (sum & 0xffff) + (sum >>> 16)
    bytes[last] = folded >>> 8
    bytes[last + 1] = folded
    context(tx, frame)
    const asked = offloaded(frame)
    tx.frame(asked, [asked.length], 0x08000000, TXSM | CC)
    tx.ring()
    p.run()
    expect([...p.far.frames[0].subarray(field, field + 2)]).toEqual([0xff, 0xff])
  })

  test('each queue keeps two contexts, and a frame names the one it wants', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    const tcp = complete(ipFrame({ to: PEER, from: macOf(0), protocol: 'tcp', payload: 100 }))
    const udp = complete(ipFrame({ to: PEER, from: macOf(0), protocol: 'udp', payload: 100, version: 6 }))
    context(tx, tcp, 0)
    context(tx, udp, 1)
    for (const [frame, slot] of [
      [udp, 1],
      [tcp, 0],
      [udp, 1],
    ] as const) {
      const asked = offloaded(frame)
      tx.frame(asked, [asked.length], 0x08000000, IXSM | TXSM | (slot << 4))
    }
    tx.ring()
    p.run()
    expect(p.far.frames).toEqual([udp.bytes, tcp.bytes, udp.bytes])
    expect(tx.head).toBe(5)
  })

  test('a legacy descriptor says where to sum from and where to store', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    const frame = complete(ipFrame({ to: PEER, from: macOf(0), protocol: 'tcp', payload: 77 }))
    tx.side.put(0x10000, offloaded(frame))
    const length = frame.bytes.length
    tx.push([...tx.address(0x10000), 0x0d000000 | (frame.field << 16) | length, frame.l4 << 8])
    tx.ring()
    p.run()
    expect(p.far.frames[0].subarray(frame.l4)).toEqual(frame.bytes.subarray(frame.l4))
    expect(tx.done(0)).toBe(true)
  })

  test('SCTP: the CRC of RFC 9260, least significant byte first', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    const frame = ipFrame({ to: PEER, from: macOf(0), protocol: 'udp', payload: 24 + 4 })
    frame.bytes[frame.ip + 9] = 132
    frame.bytes.fill(0xff, frame.l4 + 8, frame.l4 + 12)
    context(tx, frame, 0, 0, 2)
    tx.frame(frame.bytes, [frame.bytes.length], 0x08000000, TXSM)
    tx.ring()
    p.run()
    const [got] = p.far.frames
    const expected = frame.bytes.slice(frame.l4)
    expected.fill(0, 8, 12)
    const crc = crc32c(expected, 0, expected.length)
    expect(new DataView(got.buffer).getUint32(got.byteOffset + frame.l4 + 8, true)).toBe(crc)
    expect(got.subarray(0, frame.l4)).toEqual(frame.bytes.subarray(0, frame.l4))
  })

  test.each([
    ['headers that do not fit', 14, 100, 0, IXSM, 0x8],
    ['an IPv4 header of 16 bytes', 14, 16, 1, IXSM, 0x2],
    ['an SCTP packet of 8 bytes', 14, 78, 2, TXSM, 0x80],
    ['an unknown L4', 14, 20, 3, TXSM, 0x400],
    ['an SCTP packet of 63 bytes', 14, 23, 2, TXSM, 0x800],
    ['a UDP packet of 4 bytes', 14, 82, 0, TXSM, 0x20000],
    ['a TCP packet of 16 bytes', 14, 70, 1, TXSM, 0x40000],
  ])('%s stops the queue', (_name, mac, ip, type, info, cause) => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    tx.push([(mac << 9) | ip, 0, 0x20200400 | (type << 11), 0])
    tx.frame(frameOf(PEER, macOf(0), 100), [100], 0x08000000, info)
    tx.ring()
    p.run()
    expect([p.pf.read(0x8108), p.far.frames.length]).toEqual([cause, 0])
  })
})

describe('VLAN tags', () => {
  const plain = frameOf(PEER, macOf(0), 100)
  const tagged = (tci: number): Uint8Array =>
    Uint8Array.of(...plain.subarray(0, 12), 0x81, 0, tci >>> 8, tci & 0xff, ...plain.subarray(12))

  test('the descriptor, or the pool, or neither inserts a tag', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    tx.push([0xa123 << 16, 0, 0x20200000, 0])
    tx.frame(plain, [50, 50], 0x08000000 | VLE)
    tx.ring()
    p.run()
    p.pf.write(0x8000, 0x40000007)
    tx.send(plain)
    p.run()
    p.pf.write(0x8000, 0x80000007)
    tx.frame(plain, [100], 0x08000000 | VLE)
    tx.ring()
    p.run()
    expect(p.far.frames).toEqual([tagged(0xa123), tagged(7), plain])
  })

  test('a legacy descriptor carries its tag with it', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    tx.side.put(0x10000, plain)
    tx.push([...tx.address(0x10000), 0x49000000 | plain.length, 0x0123 << 16])
    tx.ring()
    p.run()
    expect(p.far.frames).toEqual([tagged(0x123)])
  })

  test('checksums are inserted at the places before the tag went in', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    const frame = complete(ipFrame({ to: PEER, from: macOf(0), protocol: 'tcp', payload: 50 }))
    context(tx, frame, 0, 0x42)
    const asked = offloaded(frame)
    tx.frame(asked, [asked.length], 0x08000000 | VLE, IXSM | TXSM)
    tx.ring()
    p.run()
    expect(p.far.frames[0].subarray(12, 16)).toEqual(Uint8Array.of(0x81, 0, 0, 0x42))
    expect(p.far.frames[0].subarray(16)).toEqual(frame.bytes.subarray(12))
  })

  test('receive keeps the tag, strips and reports it, or hides it', () => {
    const p = new BareProgram()
    const { rx } = p.vfRings(0)
    rx.post(31)
    p.run()
    const to = Uint8Array.of(...macOf(0), ...PEER, ...tagged(0x2064).subarray(12))
    const stripped = Uint8Array.of(...to.subarray(0, 12), ...to.subarray(16))
    p.far.put(to)
    p.run()
    const [kept] = rx.take()
    expect([kept.bytes, kept.words[2] & 8, kept.words[3] >>> 16]).toEqual([to, 0, 0])
    rx.side.write(0x1028, 0x42000000)
    p.far.put(to)
    p.run()
    const [cut] = rx.take()
    expect([cut.bytes, cut.words[2] & 8, cut.words[3] >>> 16]).toEqual([stripped, 8, 0x2064])
    p.pf.write(0x2f04, 0x10002)
    p.far.put(to)
    p.run()
    const [hidden] = rx.take()
    expect([hidden.bytes, hidden.words[2] & 8, hidden.words[3] >>> 16]).toEqual([stripped, 0, 0])
    p.pf.write(0x2f04, 0x20000)
    expect(p.pf.read(0x2f04) & 3).toBe(2)
  })

  test('VLNCTRL.VFE makes members of those that PFVLVF names', () => {
    const p = new BareProgram()
    const a = p.vfRings(0)
    const b = p.vfRings(1)
    for (const { rx } of [a, b]) rx.post(8)
    p.pf.write(0x5088, 0x40008100)
    p.pf.write(0xf100 + 4 * 5, 0x80000064)
    p.pf.write(0xf200 + 8 * 5, 0b10)
    const to = (pool: number, tci: number): Uint8Array => {
      const frame = tagged(tci)
      frame.set(macOf(pool), 0)
      return frame
    }
    p.far.put(to(0, 100))
    p.far.put(to(1, 100))
    p.far.put(to(1, 101))
    p.far.put(frameOf(macOf(0), PEER, 70))
    p.run()
    expect([a.rx.take().length, b.rx.take().length, p.counter('filtered')]).toEqual([1, 1, 2])
    p.pf.write(0xf000, 1 << 27)
    p.far.put(frameOf(macOf(0), PEER, 70))
    p.run()
    expect([a.rx.take().length, p.missing]).toEqual([0, 0])
  })
})

describe('checksum validation', () => {
  const UDPCS = 1 << 4
  const L4CS = 1 << 5
  const IPCS = 1 << 6
  const TCPE = 1 << 30
  const IPE = 1 << 31
  const VALID = UDPCS | L4CS | IPCS | TCPE | IPE

  function status(bytes: Uint8Array): [number, number] {
    const p = new BareProgram()
    const { rx } = p.vfRings(0)
    rx.post(8)
    p.run()
    p.far.put(bytes)
    p.run()
    const [got] = rx.take()
    return [got.words[2] & VALID, got.words[0]]
  }

  const of = (more: Partial<IpFrameOptions>): IpFrame =>
    complete(ipFrame({ to: macOf(0), from: PEER, protocol: 'tcp', payload: 101, ...more }))

  test('right ones are reported with the packet type', () => {
    expect(status(of({}).bytes)).toEqual([L4CS | IPCS, 0x110])
    expect(status(of({ protocol: 'udp', options: 4 }).bytes)).toEqual([UDPCS | L4CS | IPCS, 0x230])
    expect(status(of({ version: 6 }).bytes)).toEqual([L4CS, 0x140])
    expect(status(of({ version: 6, protocol: 'udp', vlan: 3 }).bytes)).toEqual([UDPCS | L4CS, 0x240])
    expect(status(frameOf(macOf(0), PEER, 100))).toEqual([0, 0])
  })

  test('wrong ones are errors; a wrong IP header leaves the rest unchecked', () => {
    const l4 = of({})
    l4.bytes[l4.bytes.length - 1] ^= 1
    expect(status(l4.bytes)[0]).toBe(L4CS | IPCS | TCPE)
    const ip = of({})
    ip.bytes[ip.ip + 8] ^= 1
    expect(status(ip.bytes)[0]).toBe(IPCS | IPE)
  })

  test('padding does not count; fragments, cut-off packets and UDP without checksum are not judged', () => {
    const padded = of({ payload: 1, protocol: 'udp' })
    const whole = new Uint8Array(60).fill(0x77)
    whole.set(padded.bytes)
    expect(status(whole)[0]).toBe(UDPCS | L4CS | IPCS)
    const fragment = of({})
    fragment.bytes[fragment.ip + 6] = 0x20
    // Right again, one bit of the flags later.
    fragment.bytes[fragment.ip + 10] -= 0x20
    expect(status(fragment.bytes)).toEqual([IPCS, 0x10])
    expect(status(of({}).bytes.subarray(0, 100))).toEqual([IPCS, 0x10])
    const none = of({ protocol: 'udp' })
    none.bytes.fill(0, none.field, none.field + 2)
    expect(status(none.bytes)).toEqual([IPCS, 0x210])
  })

  test('legacy receive descriptors have their own layout', () => {
    const p = new BareProgram()
    const { rx } = p.vfRings(0)
    rx.side.write(0x1014, 0x402)
    rx.post(8)
    p.run()
    const wrong = of({})
    wrong.bytes[wrong.bytes.length - 1] ^= 1
    p.far.put(wrong.bytes)
    p.run()
    const words = rx.descriptor(0)
    expect([words[2], words[3]]).toEqual([wrong.bytes.length, 0x4063])
  })
})

import { Csum } from '@npa/core'
import { ethernet, IpProtocol, ipv4, ipv6, putU16be, sumBytes, tcp, udp, verifyFrame } from '@npa/wire'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { macOf } from '../intel/testing/frames.js'
import type { TxRing } from '../intel/testing/ring.js'
import { BareProgram } from './testing/bare-program.js'

const PEER = Uint8Array.of(0x02, 9, 9, 9, 9, 9)
const { fin, psh, ack, cwr } = tcp.Flag
const TSE = 0x80000000
const VLE = 1 << 30
const RS = 0x08000000
const CC = 1 << 7
/** Where the ring's memory for one message begins; it may run to the end of the function's. */
const DATA = 0x10000

interface Message {
  readonly bytes: Uint8Array
  readonly l3: number
  readonly l4: number
  readonly header: number
  readonly v4: boolean
  readonly isTcp: boolean
}

interface Kind {
  readonly v4?: boolean
  readonly isTcp?: boolean
  /** Bytes of IP options or extension headers. */
  readonly more?: number
  /** A tag in the bytes. */
  readonly tag?: number
  readonly from?: Uint8Array
}

/** A message as drivers hand it over: IPv4 checksum 0, L4 checksum the pseudo-header's sum without a length. */
function message(payload: number, kind: Kind = {}): Message {
  const { v4 = true, isTcp = true, more = 0, tag, from = macOf(0) } = kind
  const l3 = ethernet.HEADER_BYTES + (tag === undefined ? 0 : 4)
  const l4 = l3 + (v4 ? ipv4.HEADER_BYTES : ipv6.HEADER_BYTES) + more
  const header = l4 + (isTcp ? tcp.HEADER_BYTES + 12 : udp.HEADER_BYTES)
  const u8 = Uint8Array.from({ length: header + payload }, (_, i) => (i * 31 + (i >> 8)) & 0xff)
  const type = v4 ? ethernet.EtherType.ipv4 : ethernet.EtherType.ipv6
  ethernet.emit(u8, 0, PEER, from, type)
  if (tag !== undefined) u8.set([0x81, 0, tag >> 8, tag & 255, type >> 8, type & 255], 12)
  const protocol = isTcp ? IpProtocol.tcp : IpProtocol.udp
  u8.fill(0, l3, l4)
  if (v4) {
    ipv4.emit(u8, l3, 20, 0xfffe, 64, protocol, 0x0a000001, 0x0a000002)
    u8[l3] = 0x45 + more / 4
    u8.fill(1, l3 + 20, l4)
    putU16be(u8, l3 + ipv4.Field.checksum, 0)
  } else {
    // An extension header of destination options: all padding.
    ipv6.emit(u8, l3, 0, more > 0 ? 60 : protocol, 64, u8.slice(-16), u8.slice(-17, -1))
    if (more > 0) u8.set([protocol, more / 8 - 1, 1, more - 4], l3 + 40)
  }
  if (isTcp) tcp.emit(u8, l4, 1000, 2000, 0xffffff00, 77, tcp.HEADER_BYTES + 12, fin | psh | ack | cwr, 500)
  else udp.emit(u8, l4, 1000, 2000, 0)
  if (isTcp) u8.fill(1, l4 + 20, l4 + 32)
  const addresses = v4 ? sumBytes(u8, l3 + 12, 8, protocol) : sumBytes(u8, l3 + 8, 32, protocol)
  putU16be(u8, l4 + (isTcp ? tcp.Field.checksum : udp.Field.checksum), addresses)
  return { bytes: u8, l3, l4, header, v4, isTcp }
}

/** The context of a message. */
function context(m: Message, mss: number, tag = 0, slot = 0): number[] {
  const type = (m.isTcp ? 1 : 0) << 11
  return [
    (tag << 16) | (m.l3 << 9) | (m.l4 - m.l3),
    0,
    0x20200000 | type | (m.v4 ? 0x400 : 0),
    (mss << 16) | ((m.header - m.l4) << 8) | (slot << 4),
  ]
}

/** Puts context and message into the ring, cut at the given lengths; the rest is one more piece. */
function put(tx: TxRing, m: Message, words: readonly number[], cuts: readonly number[] = [m.header], cmd = 0): void {
  tx.side.put(DATA, m.bytes)
  tx.push(words)
  const info = ((m.bytes.length - m.header) << 14) | 0x300 | CC | (words[3] & 0x70)
  let at = 0
  for (const [i, cut] of [...cuts, m.bytes.length].entries()) {
    const length = i < cuts.length ? cut : m.bytes.length - at
    if (length <= 0) continue
    const last = at + length === m.bytes.length
    tx.push([...tx.address(DATA + at), 0x22300000 | TSE | cmd | length | (last ? 0x01000000 | RS : 0), info])
    at += length
  }
}

/** Sends a message over 2 KiB descriptors or as cut, and returns what arrived at the far end. */
function segments(p: BareProgram, tx: TxRing, m: Message, mss: number, cuts?: readonly number[]): Uint8Array[] {
  const before = p.far.frames.length
  put(tx, m, context(m, mss), cuts)
  tx.ring()
  p.run()
  return p.far.frames.slice(before)
}

/** Judges segments by the software checksum, and puts the message together again. */
function check(m: Message, frames: readonly Uint8Array[], mss: number, kept = [0xf6, 0xf6, 0x7f]): void {
  const payload = m.bytes.length - m.header
  const count = Math.max(Math.ceil(payload / mss), 1)
  expect(frames.length).toBe(count)
  const together: number[] = []
  frames.forEach((frame, i) => {
    const piece = Math.min(mss, payload - i * mss)
    const bytes = m.header + piece
    expect(frame.length).toBe(Math.max(bytes, 60))
    expect(verifyFrame(frame, 0, frame.length)).toBe(Csum.good)
    if (m.v4) {
      expect(ipv4.totalLength(frame, m.l3)).toBe(bytes - m.l3)
      expect(ipv4.identification(frame, m.l3)).toBe((0xfffe + i) & 0xffff)
    } else expect(ipv6.payloadLength(frame, m.l3)).toBe(bytes - m.l3 - 40)
    if (m.isTcp) {
      expect(tcp.sequence(frame, m.l4)).toBe((0xffffff00 + i * mss) >>> 0)
      const mask = count === 1 ? 0xff : i === 0 ? kept[0] : i === count - 1 ? kept[2] : kept[1]
      expect(tcp.flags(frame, m.l4)).toBe((fin | psh | ack | cwr) & mask)
    } else expect(udp.length(frame, m.l4)).toBe(bytes - m.l4)
    together.push(...frame.subarray(m.header, bytes))
  })
  expect(Buffer.from(together).equals(m.bytes.subarray(m.header))).toBe(true)
}

const KINDS: readonly [string, Kind][] = [
  ['TCP over IPv4', {}],
  ['TCP over IPv4 with options, tagged', { more: 8, tag: 0x2005 }],
  ['TCP over IPv6', { v4: false }],
  ['TCP over IPv6 with an extension header', { v4: false, more: 16 }],
  ['UDP over IPv4', { isTcp: false }],
  ['UDP over IPv6, tagged', { isTcp: false, v4: false, tag: 7 }],
]

describe('segmentation', () => {
  test.each(KINDS)('%s: every segment stands for itself, together they are the message', (_name, kind) => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    const m = message(3 * 1400 + 100, kind)
    check(m, segments(p, tx, m, 1400, [m.header, 1000, 3000]), 1400)
    expect([tx.head, tx.done(tx.tail - 1), tx.done(tx.tail - 2)]).toEqual([tx.tail, true, false])
    const short = message(1, kind)
    check(short, segments(p, tx, short, 1400), 1400)
    const even = message(2 * 700, kind)
    check(even, segments(p, tx, even, 700, [30, 800]), 700)
    expect([p.counter('sent'), p.missing]).toEqual([7, 0])
  })

  test('any cuts, any segment size', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...KINDS.map(([, kind]) => kind)),
        fc.integer({ min: 1, max: 9000 }),
        fc.integer({ min: 200, max: 3000 }),
        fc.array(fc.integer({ min: 40, max: 2000 }), { maxLength: 20 }),
        (kind, payload, mss, cuts) => {
          const p = new BareProgram()
          const { tx } = p.vfRings(0)
          const m = message(payload, kind)
          const lengths: number[] = []
          let left = m.bytes.length
          for (const cut of cuts) if (cut < left) lengths.push(left - (left -= cut))
          check(m, segments(p, tx, m, mss, lengths), mss)
          expect(tx.head).toBe(tx.tail)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('a message of more descriptors than the chip holds, in turns with another queue', () => {
    const p = new BareProgram()
    const a = p.vfRings(0)
    const b = p.vfRings(1)
    // 256 descriptors, past the ring of 32 that the program makes.
    const { tx } = a
    tx.stop()
    p.run()
    const ring = p.rings(p.vfs[0], 0x2000, 0x1000, 0, 256).tx
    const m = message(200 * 100)
    const before = p.far.frames.length
    put(ring, m, context(m, 1000), [m.header, ...new Array<number>(199).fill(100)])
    b.tx.send(new Uint8Array(60).fill(1))
    ring.ring()
    p.run()
    const frames = p.far.frames.slice(before)
    expect(frames.findIndex((frame) => frame.length === 60)).toBeLessThan(3)
    check(
      m,
      frames.filter((frame) => frame.length > 60),
      1000,
    )
    expect([ring.head, p.missing]).toEqual([202, 0])
  })

  test('a message of 180 KiB waits for room in the packet buffer', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    p.far.open(0)
    const m = message(180 * 1024)
    put(tx, m, context(m, 8960), [m.header, 65535, 65535])
    tx.ring()
    p.run()
    expect([p.far.frames.length, p.chip.inFlight > 14, tx.head < tx.tail]).toEqual([0, true, true])
    p.far.open(Infinity)
    p.run()
    check(m, p.far.frames, 8960)
    expect([tx.head, p.chip.inFlight]).toEqual([tx.tail, 0])
  })

  test('a tag from the context, or the port, goes into every segment', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    const m = message(2500)
    put(tx, m, context(m, 1000, 0x6123, 1), [m.header], VLE)
    tx.ring()
    p.run()
    p.pf.write(0x8000, 0x40000007)
    segments(p, tx, m, 1000)
    const tags = p.far.frames.map((frame) => [frame[12], frame[13], (frame[14] << 8) | frame[15]])
    expect(tags).toEqual([0x6123, 0x6123, 0x6123, 7, 7, 7].map((tag) => [0x81, 0, tag]))
    for (const frame of p.far.frames) expect(verifyFrame(frame, 0, frame.length)).toBe(Csum.good)
  })

  test('segments go through the switch and the checks, each is counted', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    const { rx } = p.vfRings(1)
    rx.post(16)
    p.run()
    p.pf.write(0x8200, 0x1)
    p.pf.write(0x8790, 1)
    const m = message(3000)
    m.bytes.set(macOf(1), 0)
    segments(p, tx, m, 1000)
    check(
      m,
      rx.take().map((got) => got.bytes),
      1000,
    )
    expect([p.pf.read(0x8300), p.pf.read(0x101c + 0x40), p.far.frames.length]).toEqual([3, 3, 0])
    segments(p, tx, message(3000, { from: macOf(9) }), 1000)
    expect([p.pf.read(0x8780), p.counter('drop.macSpoof'), p.missing]).toEqual([3, 3, 0])
  })

  test('which flags a segment keeps is a register', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    expect([p.pf.read(0x4a88), p.pf.read(0x4a8c)]).toEqual([0x0ff60ff6, 0xf7f])
    p.pf.write(0x4a88, 0x0f760ff6)
    const m = message(3000)
    check(m, segments(p, tx, m, 1000), 1000, [0xf6, 0x76, 0x7f])
    p.pf.write(0x4a88, 0x00100010)
    p.pf.write(0x4a8c, 0x10)
    check(m, segments(p, tx, m, 1000), 1000, [0x10, 0x10, 0x10])
  })

  test('a queue that is switched off in the middle sends the message to its end', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    p.far.open(0)
    const m = message(180 * 1024)
    put(tx, m, context(m, 8960), [m.header, 60000, 60000])
    tx.ring()
    p.run()
    tx.stop()
    p.run()
    expect(tx.enabled).toBe(true)
    p.far.open(Infinity)
    p.run()
    check(m, p.far.frames, 8960)
    expect([tx.enabled, tx.head]).toEqual([false, tx.tail])
  })
})

describe('a message that cannot be segmented stops its queue, and the reason is in LVMMC_TX', () => {
  const good = message(3000)
  const words = (change: Partial<Record<0 | 2 | 3, number>>): number[] =>
    context(good, 1000).map((word, i) => (change as Record<number, number | undefined>)[i] ?? word)
  const at = (l3: number, ip: number): number => (l3 << 9) | ip

  test.each([
    ['an Ethernet header of 13 bytes', words({ 0: at(13, 20) }), 0x1],
    ['an IPv4 header of 19', words({ 0: at(14, 19) }), 0x2],
    ['an IPv6 header of 20', words({ 2: 0x20200800 }), 0x4],
    ['headers longer than the chip takes', words({ 0: at(14, 300) }), 0x8],
    ['a TCP header of 16', words({ 3: (1000 << 16) | (16 << 8) }), 0x10],
    ['a UDP header of 7', words({ 2: 0x20200400, 3: (1000 << 16) | (7 << 8) }), 0x40],
    ['a segment that is no frame', words({ 3: (15850 << 16) | (32 << 8) }), 0x100],
    ['SCTP', words({ 2: 0x20201400 }), 0x400],
    ['no segment size', words({ 3: 32 << 8 }), 0x1000],
  ])('%s', (_name, context, cause) => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    put(tx, good, context)
    tx.ring()
    p.run()
    expect([p.pf.read(0x8108), p.pf.read(0x8124), p.far.frames.length]).toEqual([cause, 0, 0])
    expect([p.missing, tx.head]).toEqual([0, 1])
    p.vfs[0].write(0x2028, 0)
    p.run()
    check(good, segments(p, p.vfRings(0).tx, good, 1000), 1000)
  })

  test('headers in five buffers, a payload that is shorter or longer than PAYLEN, a bad address', () => {
    const p = new BareProgram()
    const cause = (fill: (tx: TxRing) => void): number => {
      const { tx } = p.vfRings(0)
      fill(tx)
      tx.ring()
      p.run()
      p.vfs[0].write(0x2028, 0)
      p.run()
      return p.pf.read(0x8108)
    }
    const length = (payload: number): Message => ({ ...good, bytes: good.bytes.subarray(0, good.header + payload) })
    expect(cause((tx) => put(tx, good, context(good, 1000), [10, 10, 10, 10]))).toBe(0x4000)
    const wrong = (tx: TxRing, said: number): void => {
      tx.side.put(DATA, good.bytes)
      tx.push(context(good, 1000))
      tx.push([...tx.address(DATA), 0x23300000 | TSE | RS | good.bytes.length, (said << 14) | 0x300])
    }
    expect(cause((tx) => wrong(tx, 3001))).toBe(0x10000)
    expect(cause((tx) => wrong(tx, 2999))).toBe(0x10000)
    expect(cause((tx) => wrong(tx, 3000))).toBe(0)
    const nowhere = (tx: TxRing): void => {
      put(tx, length(10), context(good, 1000))
      tx.side.putWords(tx.at + (tx.tail - 1) * 16, [0, 0])
    }
    expect(cause(nowhere)).toBe(0x80000)
    expect(p.missing).toBe(0)
  })

  test('a message that ends within its headers is given up, and the queue goes on', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    p.pf.write(0x8790, 1)
    put(tx, { ...good, bytes: good.bytes.subarray(0, 50) }, context(good, 1000), [20])
    tx.ring()
    p.run()
    expect([p.counter('refused.header'), p.pf.read(0x8780), tx.done(2)]).toEqual([1, 1, true])
    check(good, segments(p, tx, good, 1000), 1000)
  })
})

import { Csum } from '@npa/core'
import { ipv4, tcp, verifyFrame } from '@npa/wire'
import fc from 'fast-check'
import { beforeEach, describe, expect, test } from 'vitest'
import { frameOf, macOf } from '../intel/testing/frames.js'
import { sum16 } from '../intel/testing/ip-frame.js'
import type { RxRing } from '../intel/testing/ring.js'
import { BareProgram } from './testing/bare-program.js'

const PEER = Uint8Array.of(0x02, 9, 9, 9, 9, 9)
const { fin, psh, ack } = tcp.Flag
const L3 = 14
const L4 = 34
const EOP = 2

interface Segment {
  readonly sequence: number
  readonly payload: number
  readonly flags?: number
  readonly port?: number
  readonly acknowledgment?: number
  readonly timestamp?: number | undefined
  readonly tos?: number
  readonly vlan?: number
}

const body = (sequence: number): number => (sequence * 7 + (sequence >> 8)) & 0xff

/** A segment whose payload says where in the stream it is. */
function segment(of: Segment): Uint8Array {
  const header = of.timestamp === undefined ? 20 : 32
  const u8 = new Uint8Array(L4 + header + of.payload)
  u8.set([...macOf(0), ...PEER, 0x08, 0x00])
  ipv4.emit(u8, L3, u8.length - L3, 7, 64, 6, 0x0a000001, 0x0a000002)
  u8[L3 + 1] = of.tos ?? 0
  u8.fill(0, L3 + 10, L3 + 12)
  const ip = 0xffff - sum16(u8, L3, L4)
  u8[L3 + 10] = ip >>> 8
  u8[L3 + 11] = ip
  tcp.emit(u8, L4, of.port ?? 1000, 2000, of.sequence, of.acknowledgment ?? 1, header, of.flags ?? ack, 500)
  if (of.timestamp !== undefined)
    u8.set([1, 1, 8, 10, 0, 0, of.timestamp >> 8, of.timestamp & 255, 0, 0, 0, 9], L4 + 20)
  for (let i = 0; i < of.payload; i++) u8[L4 + header + i] = body(of.sequence + i)
  const pseudo = sum16(u8, L3 + 12, L3 + 20, 6 + header + of.payload)
  const sum = 0xffff - sum16(u8, L4, u8.length, pseudo)
  u8[L4 + 16] = sum >>> 8
  u8[L4 + 17] = sum
  if (of.vlan === undefined) return u8
  return Uint8Array.of(...u8.subarray(0, 12), 0x81, 0, of.vlan >> 8, of.vlan & 255, ...u8.subarray(12))
}

interface Packet {
  readonly bytes: Uint8Array
  /** Of each descriptor: index, RSCCNT, bytes. */
  readonly chain: readonly { index: number; count: number; bytes: number }[]
  /** Of the last descriptor. */
  readonly words: readonly number[]
}

/** Follows descriptors as ixgbe does: in ring order, a chain by NEXTP; returns what is whole. */
class Reader {
  readonly rx: RxRing
  readonly #chains = new Map<number, { index: number; count: number; bytes: number }[]>()
  next = 0

  constructor(rx: RxRing) {
    this.rx = rx
  }

  take(): Packet[] {
    const packets: Packet[] = []
    for (;;) {
      const words = this.rx.descriptor(this.next)
      if ((words[2] & 1) === 0) return packets
      const { size } = this.rx
      this.rx.side.putWords(this.rx.at + this.next * 16 + 8, [0, 0])
      const count = (words[0] >>> 17) & 0xf
      const chain = this.#chains.get(this.next) ?? []
      this.#chains.delete(this.next)
      chain.push({ index: this.next, count, bytes: words[3] & 0xffff })
      if ((words[2] & EOP) === 0)
        this.#chains.set(count > 0 ? (words[2] >>> 4) & 0xffff : (this.next + 1) % size, chain)
      else {
        const bytes = chain.flatMap((one) => [...this.rx.side.bytes(this.rx.data + one.index * 2048, one.bytes)])
        packets.push({ bytes: Uint8Array.from(bytes), chain, words })
      }
      this.next = (this.next + 1) % size
    }
  }
}

/** Packets that a coalesced one stands for, as ixgbe counts them. */
function segments(chain: Packet['chain']): number {
  return chain.reduce((sum, { count }) => sum + count - 1, 0)
}

/** Payload bytes of an IPv4 TCP packet, which have to be the stream's from its sequence number on. */
function stream(bytes: Uint8Array, l3 = L3): number {
  const l4 = l3 + 20
  const at = l4 + tcp.headerBytes(bytes, l4)
  const total = ipv4.totalLength(bytes, l3)
  expect(l3 + total).toBeLessThanOrEqual(bytes.length)
  expect(sum16(bytes, l3, l3 + 20)).toBe(0xffff)
  const sequence = tcp.sequence(bytes, l4)
  for (let i = at; i < l3 + total; i++) if (bytes[i] !== body(sequence + i - at)) throw new Error(`byte ${i}`)
  return l3 + total - at
}

let p: BareProgram
let rx: RxRing
let reader: Reader

/** RSCCTL: on, MAXDESC 16; ITR of 200 us on vector 0. */
function start(maxdesc = 3): void {
  p = new BareProgram()
  ;({ rx } = p.vfRings(0))
  const [vf] = p.vfs
  vf.interrupts(3, 0x40)
  vf.write(0x120, 0x80808080)
  vf.write(0x110, 7)
  vf.write(0x108, 7)
  vf.write(0x820, 100 << 3)
  vf.write(0x300, 1 << 4)
  vf.write(0x102c, 1 | (maxdesc << 2))
  reader = new Reader(rx)
  rx.post(31)
  vf.write(0x104, 1)
  p.run(2000)
  vf.messages.length = 0
}

function put(...all: Segment[]): void {
  for (const one of all) p.far.put(segment(one))
  p.run(1000)
}

beforeEach(() => start())

const END = 500_000

describe('what is coalesced', () => {
  test('segments that follow each other are one packet, which ends when the interrupt is due', () => {
    put({ sequence: 0, payload: 1000 }, { sequence: 1000, payload: 1000, acknowledgment: 5 })
    put({ sequence: 2000, payload: 700, acknowledgment: 9 })
    expect([reader.take(), rx.side.messages]).toEqual([[], []])
    p.run(END)
    const [packet] = reader.take()
    expect(stream(packet.bytes)).toBe(2700)
    expect(tcp.acknowledgment(packet.bytes, L4)).toBe(9)
    // 54 + 1000 and 994 of the second segment fill the first buffer.
    expect(packet.chain).toEqual([
      { index: 0, count: 3, bytes: 2048 },
      { index: 1, count: 2, bytes: 706 },
    ])
    expect(packet.words[2] & 0x73).toBe(0x63)
    expect([rx.side.messages.length, p.counter('delivered'), p.missing]).toEqual([1, 3, 0])
  })

  test('the packet ends GPIE.RSC_DELAY after the moderation has run out', () => {
    p.pf.write(0x898, p.pf.read(0x898) | (1 << 11))
    put({ sequence: 0, payload: 100 })
    // The last interrupt was about 2 us before the segment, moderation is 200 us.
    p.run(205_000)
    expect(reader.take()).toEqual([])
    p.run(3_000)
    expect(reader.take().length).toBe(1)
  })

  test('PSH ends it at once; so do other flags, before the segment that has them', () => {
    put({ sequence: 0, payload: 100 }, { sequence: 100, payload: 100, flags: ack | psh })
    const [pushed] = reader.take()
    expect([stream(pushed.bytes), tcp.flags(pushed.bytes, L4)]).toEqual([200, ack | psh])
    put({ sequence: 200, payload: 100 }, { sequence: 300, payload: 50, flags: ack | fin })
    expect(reader.take().map(({ bytes }) => stream(bytes))).toEqual([100, 50])
    put({ sequence: 400, payload: 100, flags: ack | psh })
    expect(reader.take().map(({ bytes }) => stream(bytes))).toEqual([100])
  })

  test('what does not follow ends it, and may begin another', () => {
    put({ sequence: 0, payload: 100 }, { sequence: 101, payload: 100 }, { sequence: 201, payload: 100 })
    expect(reader.take().map(({ bytes }) => stream(bytes))).toEqual([100])
    p.run(END)
    expect(reader.take().map(({ bytes }) => stream(bytes))).toEqual([200])
    put({ sequence: 0, payload: 100 }, { sequence: 100, payload: 0 }, { sequence: 100, payload: 100 })
    p.run(END)
    expect(reader.take().map(({ bytes }) => stream(bytes))).toEqual([100, 0, 100])
  })

  test('buffers that have become smaller than what the last one holds: the packet ends, nothing else of the chip is written', () => {
    put({ sequence: 0, payload: 1400 })
    p.vfs[0].write(0x1014, 0x02000401)
    put({ sequence: 1400, payload: 200 }, { sequence: 1600, payload: 100 })
    p.run(END)
    expect(reader.take().map(({ bytes }) => stream(bytes))).toEqual([1400, 300])
  })

  test('the timestamp is the newest; a segment without one does not go with those that have it', () => {
    put({ sequence: 0, payload: 100, timestamp: 1 }, { sequence: 100, payload: 100, timestamp: 0x203 })
    put({ sequence: 200, payload: 100 })
    p.run(END)
    const packets = reader.take()
    expect(packets.map(({ bytes }) => stream(bytes))).toEqual([200, 100])
    expect([...packets[0].bytes.subarray(L4 + 24, L4 + 28)]).toEqual([0, 0, 2, 3])
  })

  test('flows do not mix, and descriptors are written back in order', () => {
    put({ sequence: 0, payload: 1500 - 54 }, { sequence: 0, payload: 1000, port: 7 })
    put({ sequence: 1446, payload: 1446 }, { sequence: 1000, payload: 900, port: 7, flags: ack | psh })
    // The second flow's packet is whole, and stands behind the first descriptor of the first flow's.
    expect(reader.take()).toEqual([])
    p.run(END)
    const packets = reader.take()
    expect(packets.map(({ bytes }) => [tcp.sourcePort(bytes, L4), stream(bytes)])).toEqual([
      [7, 1900],
      [1000, 2892],
    ])
    expect(packets[1].chain.map(({ index }) => index)).toEqual([0, 2])
  })

  test('MAXDESC descriptors are the most; 14 segments begin in one', () => {
    start(1)
    const all = Array.from({ length: 10 }, (_, i) => ({ sequence: i * 1000, payload: 1000 }))
    put(...all)
    p.run(END)
    const packets = reader.take()
    expect(packets.map(({ chain }) => chain.length)).toEqual([4, 2])
    expect(packets.reduce((sum, { bytes }) => sum + stream(bytes), 0)).toBe(10000)
    start()
    put(...Array.from({ length: 40 }, (_, i) => ({ sequence: i * 10, payload: 10 })))
    p.run(END)
    const small = reader.take()
    expect(small.map(({ chain }) => chain[0].count)).toEqual([15, 15, 13])
    expect(small.map(({ bytes }) => stream(bytes))).toEqual([140, 140, 120])
  })

  test('RSCCNT less one over all descriptors is the segments: none begins where one only goes on, nor in a buffer before it', () => {
    p.pf.write(0x4268, 9018 << 16)
    p.pf.write(0x4240, 0xc07)
    put({ sequence: 0, payload: 5000 })
    put({ sequence: 5000, payload: 3 * 2048 - 5054 }, { sequence: 3 * 2048 - 54, payload: 700 })
    p.run(END)
    const [{ chain }] = reader.take()
    expect(chain.map(({ count }) => count)).toEqual([2, 1, 2, 2])
    expect(segments(chain)).toBe(3)
  })

  test('a stripped tag is reported at the end and keeps VLANs apart; a tag that stays is in the headers', () => {
    rx.side.write(0x1028, 0x42000000)
    put({ sequence: 0, payload: 100, vlan: 5 }, { sequence: 100, payload: 100, vlan: 5 })
    put({ sequence: 200, payload: 100, vlan: 6 })
    p.run(END)
    const packets = reader.take()
    expect(packets.map(({ bytes, words }) => [stream(bytes), words[3] >>> 16, words[2] & 8])).toEqual([
      [200, 5, 8],
      [100, 6, 8],
    ])
    rx.side.write(0x1028, 0x02000000)
    put({ sequence: 0, payload: 100, vlan: 5 }, { sequence: 100, payload: 100, vlan: 5 })
    p.run(END)
    expect(reader.take().map(({ bytes }) => stream(bytes, 18))).toEqual([200])
  })
})

describe('what is not', () => {
  test.each([
    ['congestion experienced', { tos: 3 }],
    ['URG', { flags: ack | 32 }],
    ['no ACK', { flags: 0 }],
  ] as const)('%s', (_name, more) => {
    put({ sequence: 0, payload: 100, ...more }, { sequence: 100, payload: 100, ...more })
    expect(reader.take().length).toBe(2)
  })

  test('frames with a wrong checksum, other protocols, what a neighbour sends', () => {
    const wrong = segment({ sequence: 0, payload: 100 })
    wrong[80] ^= 1
    p.far.put(wrong)
    p.far.put(frameOf(macOf(0), PEER, 100))
    p.run(1000)
    expect(reader.take().length).toBe(2)
    const neighbour = p.vfRings(1).tx
    const looped = segment({ sequence: 0, payload: 100 })
    looped.set(macOf(1), 6)
    neighbour.send(looped)
    p.run(1000)
    expect(reader.take().length).toBe(1)
  })

  test('copies of a frame for several pools', () => {
    p.pf.write(0xf600, 0x0101)
    p.pf.write(0xf630, 1)
    put({ sequence: 0, payload: 100 }, { sequence: 100, payload: 100 })
    expect(reader.take().length).toBe(2)
  })

  test.each([
    ['RSCCTL', (): void => rx.side.write(0x102c, 0)],
    ['RFCTL.RSC_DIS', (): void => p.pf.write(0x5008, 1 << 5)],
    ['PSRTYPE without TCP', (): void => rx.side.write(0x300, 1 << 5)],
    ['header buffers that are too small', (): void => rx.side.write(0x1014, 0x02000002)],
  ])('with %s off', (_name, off) => {
    off()
    put({ sequence: 0, payload: 100 }, { sequence: 100, payload: 100 })
    expect(reader.take().length).toBe(2)
  })
})

describe('ends', () => {
  test('a queue that is switched off has written everything back', () => {
    put({ sequence: 0, payload: 100 }, { sequence: 100, payload: 100 })
    rx.stop()
    p.run(1000)
    expect(reader.take().map(({ bytes }) => stream(bytes))).toEqual([200])
    expect(rx.enabled).toBe(false)
  })

  test('a function that is reset gets nothing more', () => {
    put({ sequence: 0, payload: 100 })
    const before = rx.side.bytes(rx.at, 512)
    p.vfs[0].write(0, 1 << 26)
    p.run(END)
    expect(rx.side.bytes(rx.at, 512)).toEqual(before)
    expect(p.missing).toBe(0)
  })

  test.each([
    ['the function', (): void => p.vfs[0].write(0, 1 << 26)],
    ['the port', (): void => p.pf.write(0, 1 << 26)],
  ])('segments that a reset of %s cuts off are in the chip until then, and lost', (_name, reset) => {
    put({ sequence: 0, payload: 100 }, { sequence: 100, payload: 100 }, { sequence: 200, payload: 100 })
    // This one is whole, and waits for the descriptor before it.
    p.far.put(frameOf(macOf(0), PEER, 100))
    p.run(1000)
    expect([p.chip.inFlight, p.counter('delivered'), p.missing]).toEqual([4, 0, 0])
    reset()
    p.run(END)
    expect([p.chip.inFlight, p.counter('delivered'), p.counter('drop.reset'), p.missing]).toEqual([0, 0, 4, 0])
  })

  test('when descriptors run out packets end, so that software can hand over more', () => {
    start()
    put(...Array.from({ length: 80 }, (_, i) => ({ sequence: i * 1000, payload: 1000, port: i & 1 })))
    const first = reader.take()
    expect(first.length).toBeGreaterThan(0)
    rx.post(20)
    p.run(END)
    const bytes = [...first, ...reader.take()].reduce((sum, packet) => sum + packet.bytes.length, 0)
    expect([bytes > 40_000, p.missing]).toEqual([true, 0])
  })

  test('more flows than the chip has contexts stand for themselves', () => {
    p.vfs[0].write(0x820, 400 << 3)
    put(...Array.from({ length: 31 }, (_, i) => ({ sequence: 0, payload: 100, port: i })))
    put(...Array.from({ length: 31 }, (_, i) => ({ sequence: 100, payload: 100, port: i })))
    p.run(END * 2)
    expect(reader.take().map(({ bytes }) => stream(bytes))).toEqual(new Array<number>(31).fill(200))
  })

  test('headers that cannot be written anew stop the queue', () => {
    put({ sequence: 0, payload: 100 }, { sequence: 100, payload: 100 })
    rx.side.port.assign(undefined)
    p.run(END)
    expect([p.pf.read(0x2fa8), p.missing]).toEqual([1, 0])
    const told = ['fault.rx.0x1', 'delivered', 'drop.queueStopped'].map((name) => p.counter(name))
    expect([told, p.chip.inFlight]).toEqual([[1, 0, 2], 0])
  })
})

test('whatever the segments, the streams arrive whole, in order, with right IP headers', () => {
  const one = fc.record({
    port: fc.nat(3),
    payload: fc.oneof(fc.integer({ min: 0, max: 1440 }), fc.constant(1440)),
    flags: fc.constantFrom(ack, ack, ack, ack | psh, ack | fin),
    timestamp: fc.option(fc.nat(1000), { nil: undefined }),
    wait: fc.constantFrom(0, 0, 0, 1000, 300_000),
    lost: fc.constantFrom(false, false, false, true),
  })
  fc.assert(
    fc.property(fc.array(one, { maxLength: 60 }), fc.nat(3), (all, maxdesc) => {
      start(maxdesc)
      const sent = [0, 0, 0, 0]
      const seen = ['', '', '', '']
      const want = ['', '', '', '']
      const collect = (): void => {
        const packets = reader.take()
        let freed = 0
        for (const { bytes, chain } of packets) {
          const port = tcp.sourcePort(bytes, L4)
          const payload = stream(bytes)
          const from = tcp.sequence(bytes, L4)
          for (let i = from; i < from + payload; i += 10) seen[port] += `${i} `
          // Linux takes payload by packets for the length of a segment, and suspects a device whose segments are longer than agreed.
          if (chain[0].count > 0) expect(payload / segments(chain)).toBeLessThanOrEqual(1440)
          freed += chain.length
        }
        if (freed > 0) rx.post(freed)
      }
      for (const { port, payload, flags, timestamp, wait, lost } of all) {
        // Multiples of ten, so that the books can be kept in tens.
        const bytes = payload - (payload % 10)
        if (!lost) {
          p.far.put(segment({ sequence: sent[port], payload: bytes, port, flags, timestamp }))
          for (let i = sent[port]; i < sent[port] + bytes; i += 10) want[port] += `${i} `
        }
        sent[port] += bytes
        p.run(wait + 1)
        collect()
      }
      p.run(END)
      collect()
      expect(seen).toEqual(want)
      expect(p.missing).toBe(0)
    }),
    { numRuns: 60 },
  )
})

test("the checksum of a packet of one segment is the segment's", () => {
  put({ sequence: 0, payload: 99 })
  p.run(END)
  const [{ bytes }] = reader.take()
  expect(verifyFrame(bytes, 0, bytes.length)).toBe(Csum.good)
})

import { describe, expect, test } from 'vitest'
import { frameOf, macOf } from '../intel/testing/frames.js'
import { complete, ipFrame } from '../intel/testing/ip-frame.js'
import type { IpFrameOptions } from '../intel/testing/ip-frame.js'
import type { RxRing } from '../intel/testing/ring.js'
import { BareProgram } from './testing/bare-program.js'

const PEER = Uint8Array.of(0x02, 9, 9, 9, 9, 9)
/** Headers' buffers, 256 bytes apart. */
const HEADERS = 0x30000
const TCP = 1 << 4
const UDP = 1 << 5
const IPV4 = 1 << 8
const IPV6 = 1 << 9
const L2 = 1 << 12
const SPH = 1 << 31
const HBO = 1 << 23

const SPLIT = 2
const ALWAYS = 5

interface Split {
  readonly p: BareProgram
  readonly rx: RxRing
}

function start(type: number, types: number, headerBytes = 256): Split {
  const p = new BareProgram()
  const { rx } = p.vfRings(0)
  rx.side.write(0x300, types)
  rx.side.write(0x1014, (type << 25) | ((headerBytes / 64) << 8) | 2)
  for (let i = 0; i < 16; i++) rx.push([...rx.address(rx.data + i * 2048), ...rx.address(HEADERS + i * 256)])
  rx.ring()
  p.run()
  return { p, rx }
}

/** What the first descriptors tell after a frame, with what is in their buffers. */
function arrived({ p, rx }: Split, frame: Uint8Array): { words: number[]; header: Uint8Array; data: Uint8Array } {
  p.far.put(frame)
  p.run()
  const words = rx.descriptor(0)
  const length = (words[0] >>> 21) & 0x3ff
  return { words, header: rx.side.bytes(HEADERS, length), data: rx.side.bytes(rx.data, words[3] & 0xffff) }
}

const of = (more: Partial<IpFrameOptions>): ReturnType<typeof ipFrame> =>
  complete(ipFrame({ to: macOf(0), from: PEER, protocol: 'tcp', payload: 500, ...more }))

describe('header split', () => {
  test.each([
    ['TCP', TCP | IPV4, {}, 54],
    ['TCP over IPv6, tagged', TCP, { version: 6, vlan: 7 }, 78],
    ['UDP with IP options', UDP | L2, { protocol: 'udp', options: 8 }, 50],
    ['IPv4 when TCP is not wanted', UDP | IPV4 | L2, {}, 34],
    ['IPv6', IPV6, { version: 6 }, 54],
    ['Ethernet', L2, {}, 14],
    ['Ethernet, tagged', L2, { vlan: 7 }, 18],
  ] as const)('behind %s', (_name, types, options, header) => {
    const frame = of(options).bytes
    const got = arrived(start(SPLIT, types), frame)
    expect([got.words[0] & SPH, got.words[2] & HBO]).toEqual([SPH, 0])
    expect(got.header).toEqual(frame.subarray(0, header))
    expect(got.data).toEqual(frame.subarray(header))
  })

  test('a tag that is stripped is not in the header', () => {
    const split = start(SPLIT, TCP)
    split.rx.side.write(0x1028, 0x42000000)
    const frame = of({ vlan: 0x2064 }).bytes
    const got = arrived(split, frame)
    expect(got.header).toEqual(Uint8Array.of(...frame.subarray(0, 12), ...frame.subarray(16, 58)))
    expect([got.data.length, got.words[3] >>> 16]).toEqual([500, 0x2064])
  })

  test('what has no header that is wanted is in the packet buffer alone', () => {
    const frame = frameOf(macOf(0), PEER, 300)
    const got = arrived(start(SPLIT, TCP | IPV4), frame)
    expect([got.words[0] & SPH, got.header.length]).toEqual([0, 0])
    expect(got.data).toEqual(frame)
  })

  test('a header that does not fit its buffer stays with the packet, and is reported', () => {
    const frame = of({ options: 40 }).bytes
    const got = arrived(start(SPLIT, TCP, 64), frame)
    expect([got.words[0] & SPH, (got.words[0] >>> 21) & 0x3ff, got.words[2] & HBO]).toEqual([0, 94, HBO])
    expect(got.data).toEqual(frame)
  })

  test('the rest goes over as many packet buffers as it takes', () => {
    const split = start(SPLIT, TCP)
    split.p.pf.write(0x4268, 9018 << 16)
    split.p.pf.write(0x4240, 0xc07)
    const frame = of({ payload: 5000 }).bytes
    split.p.far.put(frame)
    split.p.run()
    const lengths = [0, 1, 2].map((i) => split.rx.descriptor(i)[3])
    expect(lengths).toEqual([2048, 2048, 904])
    expect([0, 1, 2].map((i) => split.rx.descriptor(i)[0] & SPH)).toEqual([SPH, 0, 0])
    expect([0, 1, 2].map((i) => split.rx.descriptor(i)[2] & 3)).toEqual([1, 1, 3])
  })
})

describe('header split, always', () => {
  test('known headers as before', () => {
    const frame = of({}).bytes
    const got = arrived(start(ALWAYS, TCP), frame)
    expect([got.words[0] & SPH, got.header.length, got.data.length]).toEqual([SPH, 54, 500])
  })

  test('others: the start of the frame, or all of it', () => {
    const short = frameOf(macOf(0), PEER, 100)
    const one = arrived(start(ALWAYS, TCP, 128), short)
    expect([one.words[0] & SPH, one.words[3], one.header]).toEqual([0, 0, short])
    const long = frameOf(macOf(0), PEER, 700)
    const two = arrived(start(ALWAYS, TCP, 128), long)
    expect([two.words[0] & SPH, two.header, two.data]).toEqual([0, long.subarray(0, 128), long.subarray(128)])
  })
})

test('a frame that would fit its header buffer is lost, and counted, when the others have no size any more', () => {
  const { p, rx } = start(ALWAYS, TCP, 128)
  p.far.put(frameOf(macOf(0), PEER, 100))
  rx.side.write(0x1014, (ALWAYS << 25) | (2 << 8))
  p.run()
  const { delivered, 'drop.queueStopped': stopped } = p.chip.counters.snapshot()
  expect([delivered, stopped]).toEqual([0, 1])
  expect(p.pf.read(0x2fa8)).toBe(2)
})

test.each([
  ['a type that is none', (3 << 25) | 0x402],
  ['a split without header buffers', (2 << 25) | 2],
])('%s stops the queue', (_name, srrctl) => {
  const p = new BareProgram()
  const { rx } = p.vfRings(0)
  rx.side.write(0x1014, srrctl)
  rx.post(4)
  p.run()
  expect(p.pf.read(0x2fa8)).toBe(2)
})

describe('packet types', () => {
  /** A frame whose IPv6 header is followed by extension headers, made of a plain one. */
  function extended(headers: readonly number[][], protocol: 'tcp' | 'udp' = 'tcp'): Uint8Array {
    const plain = of({ version: 6, protocol, payload: 60 })
    const flat = headers.flat()
    const bytes = Uint8Array.of(...plain.bytes.subarray(0, plain.l4), ...flat, ...plain.bytes.subarray(plain.l4))
    const length = bytes.length - plain.ip - 40
    bytes[plain.ip + 4] = length >> 8
    bytes[plain.ip + 5] = length
    return bytes
  }

  function seen(bytes: Uint8Array, setUp?: (p: BareProgram) => void): { type: number; status: number; word: number } {
    const p = new BareProgram()
    const { rx } = p.vfRings(0)
    setUp?.(p)
    rx.post(8)
    p.run()
    p.far.put(bytes)
    p.run()
    const [got] = rx.take()
    return { type: got.words[0], status: got.words[2] & (0x470 | (3 << 30)), word: got.words[1] }
  }

  /** Headers of the given types and units of 8 bytes: next header, length, then padding options of one byte. */
  const chain = (...types: readonly [number, number][]): number[][] =>
    types.map(([, units], i) => {
      const next = i + 1 < types.length ? types[i + 1][0] : 6
      return [next, units - 1, ...new Array<number>(units * 8 - 2).fill(0)]
    })

  function frame(...types: readonly [number, number][]): Uint8Array {
    const bytes = extended(chain(...types))
    bytes[14 + 6] = types[0][0]
    return bytes
  }

  test('extension headers are walked through to TCP, whose checksum is judged', () => {
    expect(seen(frame([0, 1]))).toEqual({ type: 0x1c0, status: 0x20, word: 0 })
    expect(seen(frame([0, 2], [60, 1], [43, 3]))).toEqual({ type: 0x1c0, status: 0x20, word: 0 })
    const wrong = frame([60, 4])
    wrong[wrong.length - 1] ^= 1
    expect(seen(wrong).status).toBe(0x20 | (1 << 30))
  })

  test('a source route that is not at its end, and a fragment, are not judged', () => {
    const routed = frame([43, 1])
    routed[14 + 40 + 3] = 2
    expect(seen(routed)).toEqual({ type: 0xc0, status: 0, word: 0 })
    expect(seen(frame([44, 1]))).toEqual({ type: 0xc0, status: 0, word: 0 })
  })

  test('a chain of headers that runs out of the packet is nothing', () => {
    const bytes = frame([0, 1])
    bytes[14 + 41] = 255
    expect(seen(bytes)).toEqual({ type: 0x40, status: 0, word: 0 })
  })

  test('of fragments identification and sum are reported, when RXCSUM says so', () => {
    const plain = of({ protocol: 'udp', payload: 100 })
    const { bytes, ip } = plain
    bytes[ip + 4] = 0xab
    bytes[ip + 5] = 0xcd
    bytes[ip + 6] = 0x20
    bytes.fill(0, ip + 10, ip + 12)
    let sum = 0
    for (let i = 0; i < 20; i += 2) sum += bytes[ip + i] * 256 + bytes[ip + i + 1]
    sum = 0xffff - ((sum & 0xffff) + (sum >>> 16))
    bytes[ip + 10] = sum >>> 8
    bytes[ip + 11] = sum
    let payload = 0
    for (let i = ip + 20; i < bytes.length; i += 2) payload += bytes[i] * 256 + bytes[i + 1]
    payload = (payload & 0xffff) + (payload >>> 16)
    payload = (payload & 0xffff) + (payload >>> 16)
    expect(seen(bytes, (p) => p.pf.write(0x5000, 1 << 12))).toEqual({
      type: 0x10,
      status: 0x440,
      word: (payload << 16) | 0xabcd,
    })
    expect(seen(bytes)).toEqual({ type: 0x10, status: 0x40, word: 0 })
    // The second fragment has no UDP header.
    bytes[ip + 7] = 1
    bytes[ip + 11] -= 1
    expect(seen(bytes, (p) => p.pf.write(0x5000, 1 << 12)).status).toBe(0x40)
  })
})

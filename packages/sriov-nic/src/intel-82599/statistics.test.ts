import { Counters } from '@npa/core'
import { describe, expect, test } from 'vitest'
import { RegisterFile } from '../engine/register-file.js'
import { REGISTERS } from './chip.js'
import { HIDDEN } from './registers/queues.js'
import { Statistics } from './statistics.js'
import { BareProgram } from './testing/bare-program.js'
import { BROADCAST, frameOf, macOf } from '../intel/testing/frames.js'
import { complete, ipFrame } from '../intel/testing/ip-frame.js'

const PEER = Uint8Array.of(0x02, 9, 9, 9, 9, 9)
const GROUP = Uint8Array.of(0x01, 0, 0x5e, 1, 2, 3)

/** Reads a register twice: its value, and what is left. */
function twice(p: BareProgram, offset: number): [number, number] {
  return [p.pf.read(offset), p.pf.read(offset)]
}

describe('statistics of the port', () => {
  test('receive: good frames by kind and size, octets with FCS; cleared by reading', () => {
    const p = new BareProgram()
    const { rx } = p.vfRings(0)
    p.pf.write(0xf000, (1 << 24) | (1 << 27) | (1 << 28))
    rx.post(16)
    p.run()
    for (const [to, bytes] of [
      [macOf(0), 60],
      [macOf(0), 61],
      [BROADCAST, 124],
      [GROUP, 1020],
      [macOf(0), 1514],
    ] as const) {
      p.far.put(frameOf(to, PEER, bytes))
    }
    p.pf.write(0x5080, 0x400)
    p.far.put(frameOf(PEER, PEER, 200))
    p.run()
    const octets = 60 + 61 + 124 + 1020 + 1514 + 5 * 4
    expect([twice(p, 0x4074), twice(p, 0x4088), twice(p, 0x4078), twice(p, 0x407c)]).toEqual([
      [5, 0],
      [octets, 0],
      [1, 0],
      [1, 0],
    ])
    // The sixth passed no filter: it counts among all frames only.
    expect([twice(p, 0x40d0), twice(p, 0x40c0)]).toEqual([
      [6, 0],
      [octets + 204, 0],
    ])
    expect([0x405c, 0x4060, 0x4064, 0x4068, 0x406c, 0x4070].map((at) => p.pf.read(at))).toEqual([1, 1, 2, 0, 0, 2])
  })

  test('transmit: frames that left, not those that stayed inside', () => {
    const p = new BareProgram()
    const a = p.vfRings(0)
    const b = p.vfRings(1)
    b.rx.post(4)
    a.tx.send(frameOf(PEER, macOf(0), 100))
    a.tx.send(frameOf(BROADCAST, macOf(0), 60))
    a.tx.send(frameOf(GROUP, macOf(0), 300))
    a.tx.send(frameOf(macOf(1), macOf(0), 500))
    p.run()
    expect([twice(p, 0x4080), twice(p, 0x40d4), twice(p, 0x4090), twice(p, 0x40f4), twice(p, 0x40f0)]).toEqual([
      [3, 0],
      [3, 0],
      [472, 0],
      [1, 0],
      [1, 0],
    ])
    expect([0x40d8, 0x40dc, 0x40e0, 0x40e4].map((at) => p.pf.read(at))).toEqual([1, 1, 0, 1])
    expect([twice(p, 0x87a0), twice(p, 0x87a4)]).toEqual([
      [4, 0],
      [976, 0],
    ])
  })

  /** RXDGPC, RXDDPC, RXLPBKPC, RXDLPBKPC, each with its low octets. */
  function posted(p: BareProgram): [number, number][] {
    return [0x2f50, 0x2f5c, 0x2f68, 0x2f74].map((at) => [p.pf.read(at), p.pf.read(at + 4)])
  }

  test('what the DMA engine posts: from the wire and come back, first copies and further ones', () => {
    const p = new BareProgram()
    const all = [p.vfRings(0), p.vfRings(1), p.vfRings(2)]
    for (const { rx } of all) rx.post(8)
    p.run()
    p.far.put(frameOf(BROADCAST, PEER, 100))
    p.far.put(frameOf(macOf(1), PEER, 200))
    all[0].tx.send(frameOf(BROADCAST, macOf(0), 300))
    all[0].tx.send(frameOf(macOf(1), macOf(0), 400))
    p.run()
    expect(posted(p)).toEqual([
      [2, 104 + 204],
      [2, 2 * 104],
      [2, 304 + 404],
      [1, 304],
    ])
    expect(posted(p).flat()).toEqual(new Array(8).fill(0))
  })

  test('a frame without a descriptor is not among those posted, and the next copy is the first', () => {
    const p = new BareProgram()
    const [first, second] = [p.vfRings(0), p.vfRings(1)]
    first.rx.side.write(0x1014, 0x12000402)
    second.rx.post(4)
    p.run()
    p.far.put(frameOf(BROADCAST, PEER, 100))
    p.run()
    expect(posted(p).slice(0, 2)).toEqual([
      [1, 104],
      [0, 0],
    ])
  })

  test('RXDSTATCTRL: of the queues of one set, or of all', () => {
    const p = new BareProgram()
    for (const vf of [0, 1]) p.vfRings(vf).rx.post(8)
    p.pf.write(0x2300, 0x05 << 16)
    p.run()
    for (const [select, count] of [
      [0, 1],
      [5, 2],
      [0x10, 3],
      [4, 0],
    ]) {
      p.pf.write(0x2f40, select)
      for (const vf of [0, 1, 1]) p.far.put(frameOf(macOf(vf), PEER, 100))
      p.run()
      expect(twice(p, 0x2f50)).toEqual([count, 0])
    }
  })

  test('queues are counted in the set that RQSMR and TQSM give them', () => {
    const p = new BareProgram()
    const { tx, rx } = p.vfRings(1)
    p.pf.write(0x2300, 0x05 << 16)
    p.pf.write(0x8600, 0x07 << 16)
    rx.post(1)
    p.run()
    tx.send(frameOf(PEER, macOf(1), 100))
    rx.side.write(0x1014, 0x12000402)
    p.far.put(frameOf(macOf(1), PEER, 200))
    p.far.put(frameOf(macOf(1), PEER, 200))
    p.run()
    expect([twice(p, 0x1030 + 5 * 0x40), twice(p, 0x1034 + 5 * 0x40), twice(p, 0x1430 + 5 * 0x40)]).toEqual([
      [1, 0],
      [204, 0],
      [1, 0],
    ])
    expect([twice(p, 0x6030 + 7 * 0x40), twice(p, 0x8700 + 7 * 8)]).toEqual([
      [1, 0],
      [104, 0],
    ])
    // QPTC is in a second place.
    tx.send(frameOf(PEER, macOf(1), 100))
    p.run()
    expect([twice(p, 0x8680 + 7 * 4), p.pf.read(0x6030 + 7 * 0x40)]).toEqual([[1, 0], 0])
  })

  test('octet counters carry into four bits more; the port s stick there, a virtual function s begin anew', () => {
    const file = new RegisterFile(HIDDEN.end, REGISTERS, new Counters())
    const statistics = new Statistics(file)
    const at = (name: string): number => file.word(name)
    for (const name of ['GORCL', 'PVFGORC_LSB', 'TPR']) file.values[at(name)] = 0xffffff00
    file.values[at('GPRC')] = 0xffffffff
    statistics.accepted(252, 2, 0)
    statistics.delivered(0, 0, 252, false, false, false)
    expect([file.get('GPRC'), file.get('GORCL'), file.get('GORCH')]).toEqual([0xffffffff, 0, 1])
    expect([file.get('PVFGORC_LSB'), file.get('PVFGORC_MSB')]).toEqual([0, 1])
    for (const name of ['GORCH', 'PVFGORC_MSB']) file.values[at(name)] = 0xf
    for (const name of ['GORCL', 'PVFGORC_LSB']) file.values[at(name)] = 0xffffff00
    statistics.accepted(300, 2, 0)
    statistics.delivered(0, 0, 300, false, false, false)
    expect([file.get('GORCL'), file.get('GORCH')]).toEqual([0xffffffff, 0xf])
    expect([file.get('PVFGORC_LSB'), file.get('PVFGORC_MSB')]).toEqual([48, 0])
  })
})

test('statistics of a virtual function run freely, in its own space and the PF s', () => {
  const p = new BareProgram()
  const { tx, rx } = p.vfRings(2)
  p.pf.write(0xf008, (1 << 24) | (1 << 27) | (1 << 28))
  rx.post(8)
  tx.send(frameOf(PEER, macOf(2), 100))
  tx.send(frameOf(PEER, macOf(2), 100))
  p.far.put(frameOf(macOf(2), PEER, 300))
  p.far.put(frameOf(GROUP, PEER, 300))
  p.run()
  const vf = p.vfs[2]
  for (let i = 0; i < 2; i++) {
    expect([vf.read(0x101c), vf.read(0x1020), vf.read(0x1034), vf.read(0x201c), vf.read(0x2020)]).toEqual([
      2, 608, 1, 2, 208,
    ])
    expect([0x101c + 0x80, 0xd01c + 0x80, 0x8308, 0x8410].map((at) => p.pf.read(at))).toEqual([2, 1, 2, 208])
  }
  vf.write(0x101c, 0)
  expect([vf.read(0x101c), p.vfs[0].read(0x101c)]).toEqual([2, 0])
})

describe('receive-side scaling', () => {
  /** Microsoft's verification key and one of its IPv4 examples. */
  const KEY = [
    ...[
      0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b,
    ],
    ...[
      0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac,
    ],
    ...[0x01, 0xfa],
  ]

  function keyed(p: BareProgram, at = 0x5c80): void {
    for (let word = 0; word < 10; word++) {
      const [a, b, c, d] = KEY.slice(word * 4)
      p.pf.write(at + 4 * word, a | (b << 8) | (c << 16) | (d << 24))
    }
  }

  function example(): Uint8Array {
    const frame = ipFrame({ to: macOf(0), from: PEER, protocol: 'tcp', payload: 10 })
    frame.bytes.set([66, 9, 149, 187, 161, 142, 100, 80], frame.ip + 12)
    frame.bytes.set([2794 >> 8, 2794 & 0xff, 1766 >> 8, 1766 & 0xff], frame.l4)
    return complete(frame).bytes
  }

  test.each([
    ['where Linux has them', { mrqc: 0x5818, reta: 0x5c00, key: 0x5c80 }],
    ['where the manual has them first', { mrqc: 0xec80, reta: 0xeb00, key: 0xeb80 }],
  ])('inside a pool: MRQC, the indirection table and PSRTYPE choose the queue, %s', (_where, at) => {
    const p = new BareProgram()
    const first = p.vfRings(0)
    const second = p.rings(p.vfs[0], 0x2040, 0x1040, 1)
    for (const { rx } of [first, second]) rx.post(4)
    keyed(p, at.key)
    p.pf.write(0x5000, 1 << 13)
    p.pf.write(at.mrqc, 0x0001000b)
    p.vfs[0].write(0x300, 1 << 29)
    for (let i = 0; i < 32; i++) p.pf.write(at.reta + 4 * i, 0x01010101)
    p.run()
    p.far.put(example())
    p.far.put(frameOf(macOf(0), PEER, 100))
    p.run()
    const [hashed] = second.rx.take()
    expect([hashed.words[0] & 0xf, hashed.words[1] >>> 0]).toEqual([1, 0x51ccc178])
    const [plain] = first.rx.take()
    expect([plain.words[0] & 0xf, plain.words[1]]).toEqual([0, 0])
    // One queue only, by PSRTYPE: the hash is still reported.
    p.vfs[0].write(0x300, 0)
    p.far.put(example())
    p.run()
    expect(first.rx.take()[0].words[1] >>> 0).toBe(0x51ccc178)
  })

  test('without pools the indirection table names the queue, and the address filter needs no pool', () => {
    const p = new BareProgram()
    p.pf.write(0, 8)
    keyed(p)
    p.givePool(0, macOf(0))
    p.pf.write(0xa600, 0)
    p.pf.write(0x3000, 1)
    p.pf.write(0x4a80, 1)
    p.pf.write(0x5000, 1 << 13)
    p.pf.write(0x5818, 0x00030001)
    for (let i = 0; i < 32; i++) p.pf.write(0x5c00 + 4 * i, 0x05050505)
    const five = p.rings(p.pf, 0x6140, 0x1140)
    five.rx.post(4)
    p.run()
    p.far.put(example())
    p.run()
    expect(five.rx.take()[0].words[1] >>> 0).toBe(0x51ccc178)
    five.tx.send(frameOf(macOf(0), macOf(0), 80))
    p.run()
    expect(p.far.frames.length).toBe(1)
  })
})

import { crc32 } from '../engine/crc32.js'
import { describe, expect, test } from 'vitest'
import { frameOf, macOf } from '../intel/testing/frames.js'
import type { RxRing } from '../intel/testing/ring.js'
import { BareProgram } from './testing/bare-program.js'

const PEER = Uint8Array.of(0x02, 9, 9, 9, 9, 9)
const TYPE = 0x8906
const Reg = {
  etqf: 0x5128,
  etqs: 0xec00,
  fcrxctrl: 0x5100,
  fcrectl: 0xed00,
  fcreta: 0xed10,
  fccrc: 0x5118,
  fcoeprc: 0x2428,
}
/** ETQF: on, FCoE, to a pool. */
const FILTER = (0x88000000 | (1 << 26) | TYPE) >>> 0

/** A Fibre Channel frame in Ethernet (FC-BB-5, 7.7): version and SOF, 24 bytes of FC header, payload, CRC, EOF. */
function fcoe(of: {
  readonly ox: number
  readonly rx: number
  readonly responder: boolean
  readonly tag?: number
}): Uint8Array {
  const plain = frameOf(macOf(0), PEER, 14 + 14 + 24 + 100 + 8)
  plain.set([TYPE >> 8, TYPE & 0xff], 12)
  plain.fill(0, 14, 27)
  plain[27] = 0x2e
  plain[28 + 9] = of.responder ? 0x80 : 0
  plain.set([of.ox >> 8, of.ox & 0xff, of.rx >> 8, of.rx & 0xff], 28 + 16)
  const end = plain.length - 8
  new DataView(plain.buffer).setUint32(end, crc32(plain, 28, end - 28), true)
  plain.set([0x42, 0, 0, 0], end + 4)
  if (of.tag === undefined) return plain
  return Uint8Array.of(...plain.subarray(0, 12), 0x81, 0, 0, of.tag, ...plain.subarray(12))
}

/** The PF's pool 2 of 4 queues takes FCoE; its queues 9 and 10 have buffers, and so has virtual function 0. */
class Bench extends BareProgram {
  readonly nine: RxRing
  readonly ten: RxRing
  readonly vf: RxRing

  constructor() {
    super(2)
    const { pf } = this
    pf.write(0x11050, 0x80000002)
    pf.write(0x898, 0x80008010)
    pf.write(0x5818, 0xa)
    pf.write(0x8120, 0xa)
    this.nine = this.rings(pf, 0x6000 + 9 * 0x40, 0x1000 + 9 * 0x40, 0).rx
    this.ten = this.rings(pf, 0x6000 + 10 * 0x40, 0x1000 + 10 * 0x40, 1).rx
    this.vf = this.vfRings(0).rx
    for (const rx of [this.nine, this.ten, this.vf]) rx.post(16)
    this.run()
    pf.write(Reg.etqf, (FILTER | (this.pool << 20)) >>> 0)
    pf.write(Reg.fcrxctrl, 0x80)
    for (let i = 0; i < 8; i++) pf.write(Reg.fcreta + 4 * i, i === 5 ? 10 : 9)
    pf.write(Reg.fcrectl, 1)
  }

  /** Frames that queues 9, 10 and the virtual function's got. */
  takers(frame: Uint8Array): number[] {
    this.far.put(frame)
    this.run()
    return [this.nine, this.ten, this.vf].map((rx) => rx.take().length)
  }
}

describe('FCoE', () => {
  test('the redirection table gives exchanges to queues, by the id that the receiver gave', () => {
    const p = new Bench()
    expect(p.takers(fcoe({ ox: 0x105, rx: 0x200, responder: true }))).toEqual([0, 1, 0])
    expect(p.takers(fcoe({ ox: 0x105, rx: 0x200, responder: false }))).toEqual([1, 0, 0])
    expect(p.takers(fcoe({ ox: 0x100, rx: 0x20d, responder: false }))).toEqual([0, 1, 0])
    expect(p.takers(fcoe({ ox: 0x100, rx: 0x20d, responder: false, tag: 7 }))).toEqual([0, 1, 0])
    expect([p.pf.read(Reg.fcoeprc), p.pf.read(Reg.fccrc), p.pf.read(Reg.fcoeprc), p.missing]).toEqual([4, 0, 0, 0])
  })

  test('a queue of the filter itself comes first; without redirection or filter the pool has it', () => {
    const p = new Bench()
    const frame = fcoe({ ox: 5, rx: 0, responder: true })
    p.pf.write(Reg.etqs, (0x80000000 | (9 << 16)) >>> 0)
    expect(p.takers(frame)).toEqual([1, 0, 0])
    p.pf.write(Reg.etqs, 0)
    expect(p.takers(frame)).toEqual([0, 1, 0])
    const first = p.rings(p.vfs[1], 0x2000, 0x1000).rx
    first.post(8)
    p.run()
    p.pf.write(Reg.fcrectl, 0)
    p.pf.write(Reg.etqf, (FILTER | (1 << 20)) >>> 0)
    expect([p.takers(frame), first.take().length]).toEqual([[0, 0, 0], 1])
    p.pf.write(Reg.fcrectl, 1)
    // Not for FCoE: the table does not count.
    p.pf.write(Reg.etqf, ((FILTER & ~(1 << 27)) | (1 << 20)) >>> 0)
    expect([p.takers(frame), first.take().length]).toEqual([[0, 0, 0], 1])
    p.pf.write(Reg.etqf, TYPE)
    expect(p.takers(frame)).toEqual([0, 0, 1])
  })

  test('a wrong FC CRC is told in the descriptor and counted, in the order that FCRXCTRL says', () => {
    const p = new Bench()
    const told = (frame: Uint8Array): number[] => {
      p.far.put(frame)
      p.run()
      return p.ten.take().map(({ words }) => words[2] & 0xfff00070)
    }
    const good = fcoe({ ox: 5, rx: 0, responder: true })
    expect(told(good)).toEqual([0])
    const bad = good.slice()
    bad[60] ^= 1
    expect([told(bad), p.pf.read(Reg.fccrc)]).toEqual([[0x100000], 1])
    p.pf.write(Reg.fcrxctrl, 0)
    expect(told(good)).toEqual([0x100000])
    good.subarray(good.length - 8, good.length - 4).reverse()
    expect([told(good), p.pf.read(Reg.fccrc)]).toEqual([[0], 1])
  })

  test('what is too short for it is only a frame of that type', () => {
    const p = new Bench()
    p.pf.write(Reg.etqs, (0x80000000 | (9 << 16)) >>> 0)
    expect(p.takers(fcoe({ ox: 5, rx: 0, responder: true }).subarray(0, 59))).toEqual([1, 0, 0])
    expect([p.pf.read(Reg.fcoeprc), p.pf.read(Reg.fccrc)]).toEqual([0, 0])
  })
})

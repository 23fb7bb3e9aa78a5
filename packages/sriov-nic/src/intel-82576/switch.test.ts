import { describe, expect, test } from 'vitest'
import type { RxRing, TxRing } from '../intel/testing/ring.js'
import { BROADCAST, frameOf, macOf } from '../intel/testing/frames.js'
import { BareProgram, PLAIN_POOL, RECEIVE, Reg, VLAN_FILTER } from './testing/bare-program.js'

const PEER = Uint8Array.of(0x02, 9, 9, 9, 9, 9)
const STRANGER = Uint8Array.of(0x02, 7, 7, 7, 0x70, 7)
const GROUP = Uint8Array.of(0x01, 0, 0x5e, 1, 0x20, 3)

/** VMOLR. */
const ROMPE = 1 << 25
const ROPE = 1 << 26
const MPME = 1 << 28
const AUPE = 1 << 24

/** The bit of a hash filter for an address: bits 47 to 36. */
function hashBit(mac: Uint8Array): { word: number; bit: number } {
  const hash = (mac[4] >>> 4) | (mac[5] << 4)
  return { word: hash >>> 5, bit: 1 << (hash & 31) }
}

function tagged(to: Uint8Array, vlan: number, from: Uint8Array = PEER): Uint8Array {
  const frame = frameOf(to, from, 80)
  frame.set([0x81, 0, vlan >> 8, vlan], 12)
  return frame
}

/** Three virtual functions and the PF, all with buffers. */
class Bench extends BareProgram {
  readonly all: { tx: TxRing; rx: RxRing }[]

  constructor() {
    super(3)
    this.all = [...[0, 1, 2].map((vf) => this.vfRings(vf)), this.pfRings()]
    for (const { rx } of this.all) rx.post(20)
    this.run()
  }

  /** Which pools get a frame from the wire. */
  from(frame: Uint8Array): number[] {
    this.far.put(frame)
    return this.takers()
  }

  takers(): number[] {
    this.run()
    return this.all.flatMap(({ rx }, pool) => rx.take().map(() => pool))
  }
}

describe('pools of a frame from the wire', () => {
  test('by exact address, all entries that name it, the last eight among them', () => {
    const p = new Bench()
    expect(p.from(frameOf(macOf(1), PEER, 60))).toEqual([1])
    p.pf.write(0x54e0 + 7 * 8, 0x00000002)
    p.pf.write(0x54e4 + 7 * 8, 0x80000000 | (1 << 18) | (macOf(1)[4] | (macOf(1)[5] << 8)))
    expect(p.from(frameOf(macOf(1), PEER, 60))).toEqual([0, 1])
    p.pf.write(0x54e4 + 7 * 8, 0)
    expect(p.from(frameOf(macOf(1), PEER, 60))).toEqual([1])
  })

  test('broadcasts: pools that take them, while the port does', () => {
    const p = new Bench()
    p.pf.write(Reg.vmolr + 4, AUPE)
    expect(p.from(frameOf(BROADCAST, PEER, 60))).toEqual([0, 2, 3])
    p.pf.write(Reg.rctl, RECEIVE & ~(1 << 15))
    expect(p.from(frameOf(BROADCAST, PEER, 60))).toEqual([])
  })

  test('unknown addresses: overflow pools by hash, else the default pool of a promiscuous port', () => {
    const p = new Bench()
    expect(p.from(frameOf(STRANGER, PEER, 60))).toEqual([])
    p.pf.write(Reg.rctl, RECEIVE | (1 << 3))
    expect(p.from(frameOf(STRANGER, PEER, 60))).toEqual([3])
    p.pf.write(Reg.vtCtl, 0x60000000 | (3 << 7))
    expect(p.from(frameOf(STRANGER, PEER, 60))).toEqual([])
    const { word, bit } = hashBit(STRANGER)
    p.pf.write(Reg.uta + 4 * word, bit)
    p.pf.write(Reg.vmolr, PLAIN_POOL | ROPE)
    expect(p.from(frameOf(STRANGER, PEER, 60))).toEqual([0])
  })

  test('multicasts: by hash to pools with ROMPE, all of them to pools with MPME; RCTL.MO moves the hash', () => {
    const p = new Bench()
    expect(p.from(frameOf(GROUP, PEER, 60))).toEqual([])
    const { word, bit } = hashBit(GROUP)
    p.pf.write(Reg.mta + 4 * word, bit)
    p.pf.write(Reg.vmolr + 8, PLAIN_POOL | ROMPE)
    p.pf.write(Reg.vmolr, PLAIN_POOL | MPME)
    expect(p.from(frameOf(GROUP, PEER, 60))).toEqual([0, 2])
    p.pf.write(Reg.rctl, RECEIVE | (3 << 12))
    expect(p.from(frameOf(GROUP, PEER, 60))).toEqual([0])
  })

  test('VLANs: members of the entry; untagged ones to pools that take them', () => {
    const p = new Bench()
    p.pf.write(Reg.rctl, RECEIVE | VLAN_FILTER)
    expect(p.from(tagged(BROADCAST, 100))).toEqual([])
    p.pf.write(Reg.vlvf + 4 * 31, 0x80000000 | (0b101 << 12) | 100)
    expect(p.from(tagged(BROADCAST, 100))).toEqual([0, 2])
    expect(p.from(tagged(macOf(1), 100))).toEqual([])
    expect(p.from(tagged(macOf(2), 100))).toEqual([2])
    p.pf.write(Reg.vmolr + 4, PLAIN_POOL & ~AUPE)
    expect(p.from(frameOf(BROADCAST, PEER, 60))).toEqual([0, 2, 3])
    p.pf.write(Reg.vlvf + 4 * 31, (0b101 << 12) | 100)
    expect(p.from(tagged(BROADCAST, 100))).toEqual([])
  })
})

describe('without pools the port filters for itself', () => {
  test('exact addresses, hash, promiscuous modes, VLAN table', () => {
    const p = new BareProgram(0)
    const { rx } = p.pfRings()
    rx.post(30)
    p.run()
    const taken = (frame: Uint8Array): boolean => {
      p.far.put(frame)
      p.run()
      return rx.take().length > 0
    }
    expect([
      taken(frameOf(macOf(0), PEER, 60)),
      taken(frameOf(STRANGER, PEER, 60)),
      taken(frameOf(GROUP, PEER, 60)),
    ]).toEqual([true, false, false])
    const { word, bit } = hashBit(GROUP)
    p.pf.write(Reg.mta + 4 * word, bit)
    expect(taken(frameOf(GROUP, PEER, 60))).toBe(true)
    p.pf.write(Reg.mta + 4 * word, 0)
    p.pf.write(Reg.rctl, RECEIVE | (1 << 4))
    expect([taken(frameOf(GROUP, PEER, 60)), taken(frameOf(STRANGER, PEER, 60))]).toEqual([true, false])
    p.pf.write(Reg.rctl, RECEIVE | (1 << 3) | VLAN_FILTER)
    expect([taken(frameOf(STRANGER, PEER, 60)), taken(tagged(macOf(0), 33))]).toEqual([true, false])
    p.pf.write(0x5600 + 4, 1 << 1)
    expect(taken(tagged(macOf(0), 33))).toBe(true)
  })
})

describe('anti-spoofing', () => {
  test('a foreign source address stays inside; queue and cause are told, and counted', () => {
    const p = new Bench()
    p.pf.interrupts(10, 0)
    p.pf.write(Reg.ivarMisc, 0x8000)
    p.pf.write(Reg.eims, 1)
    p.pf.write(Reg.ims, 0x10000000)
    p.pf.write(Reg.dtxswc, 0x80000002)
    for (const vf of [0, 1]) p.all[vf].tx.send(frameOf(PEER, STRANGER, 60))
    p.all[1].tx.send(frameOf(PEER, macOf(1), 60))
    p.run()
    expect([p.far.frames.length, p.counter('drop.macSpoof'), p.missing]).toEqual([2, 1, 0])
    expect([p.pf.messages, p.pf.read(Reg.icr) & 0x10000000]).toEqual([[0], 0x10000000])
    expect([p.pf.read(Reg.wvbr), p.pf.read(Reg.wvbr), p.pf.read(0x41a0)]).toEqual([0b10, 0, 1])
  })

  test("a VLAN that is not the pool's, also when the chip put the tag in", () => {
    const p = new Bench()
    p.pf.write(Reg.vlvf, 0x80000000 | (0b1 << 12) | 100)
    p.pf.write(Reg.dtxswc, 0x80000300)
    p.all[0].tx.send(tagged(PEER, 100, macOf(0)))
    p.all[1].tx.send(tagged(PEER, 100, macOf(1)))
    p.all[1].tx.push([100 << 16, 0, 0x20200000, 0])
    p.all[1].tx.frame(frameOf(PEER, macOf(1), 80), undefined, 0x48000000)
    p.all[1].tx.ring()
    p.all[1].tx.send(frameOf(PEER, macOf(1), 80))
    p.run()
    expect([p.far.frames.length, p.counter('drop.vlanSpoof')]).toEqual([2, 2])
  })
})

describe('mirror rules', () => {
  test('what a pool gets, what comes from the wire, what goes there, and VLANs, to one pool more', () => {
    const p = new Bench()
    p.pf.write(0x5d80, 0x0201)
    p.pf.write(0x5da0, 0b1)
    expect([p.from(frameOf(macOf(0), PEER, 60)), p.from(frameOf(macOf(1), PEER, 60))]).toEqual([[0, 2], [1]])
    p.pf.write(0x5d80, 0x0202)
    expect(p.from(frameOf(macOf(1), PEER, 60))).toEqual([1, 2])
    p.pf.write(0x5d80, 0x0204)
    expect(p.from(frameOf(macOf(1), PEER, 60))).toEqual([1])
    p.all[0].tx.send(frameOf(PEER, macOf(0), 60))
    expect(p.takers()).toEqual([2])
    p.pf.write(0x5d80 + 12, 0x0308)
    p.pf.write(0x5d90 + 12, 1 << 31)
    p.pf.write(Reg.vlvf + 4 * 31, 0x80000000 | (0b1 << 12) | 100)
    expect(p.from(tagged(macOf(0), 100))).toEqual([0, 3])
    expect([p.far.frames.length, p.missing]).toEqual([1, 0])
  })
})

test('without replication a broadcast goes to the default pool alone', () => {
  const p = new Bench()
  p.pf.write(Reg.vtCtl, 1 << 7)
  expect(p.from(frameOf(BROADCAST, PEER, 60))).toEqual([1])
})

test('the transmit rate of a queue is a share of 1 Gb/s', () => {
  const p = new Bench()
  p.pf.write(0x3604, 0)
  p.pf.write(0x36b0, 0x80000000 | (100 << 14))
  for (let i = 0; i < 3; i++) p.all[0].tx.frame(frameOf(PEER, macOf(0), 1246))
  p.all[0].tx.ring()
  // 1250 bytes with FCS take 1 ms at 10 Mb/s.
  p.run(1_500_000)
  expect(p.far.frames.length).toBe(2)
  p.run(1_000_000)
  expect(p.far.frames.length).toBe(3)
  p.pf.write(0x3604, 1)
  expect(p.pf.read(0x36b0)).toBe(0)
})

describe('EtherType filters', () => {
  const TYPE = 0x88f7
  const ETQF = 0x5cb0
  const filter = (queue: number): number => (0x84000000 | (queue << 16) | TYPE) >>> 0

  function ofType(vlan = -1): Uint8Array {
    const frame = vlan < 0 ? frameOf(macOf(0), PEER, 80) : tagged(macOf(0), vlan)
    frame.set([TYPE >> 8, TYPE & 0xff], vlan < 0 ? 12 : 16)
    return frame
  }

  test('give a type to a queue, behind a tag as well, and say so in the descriptor', () => {
    const p = new BareProgram(0)
    const zero = p.pfQueue(0).rx
    const five = p.pfQueue(5, 1).rx
    for (const rx of [zero, five]) rx.post(8)
    p.run()
    const counts = (frame: Uint8Array): number[] => {
      p.far.put(frame)
      p.run()
      return [zero, five].map((rx) => rx.take().length)
    }
    p.pf.write(ETQF + 4 * 3, filter(5))
    p.far.put(ofType())
    p.run()
    expect(five.take().map(({ words }) => words[0])).toEqual([0x8030])
    expect(counts(ofType(9))).toEqual([0, 1])
    expect(counts(frameOf(macOf(0), PEER, 80))).toEqual([1, 0])
    p.pf.write(ETQF + 4 * 3, filter(5) & 0x7fffffff)
    expect(counts(ofType())).toEqual([1, 0])
    p.pf.write(ETQF + 4 * 3, filter(5) & ~(1 << 26))
    p.far.put(ofType())
    p.run()
    expect(zero.take().map(({ words }) => words[0])).toEqual([0])
  })

  test('with pools the queues are those of functions: the filter only tells', () => {
    const p = new Bench()
    p.pf.write(ETQF, filter(1))
    p.far.put(ofType())
    p.run()
    expect(p.all.map(({ rx }) => rx.take().map(({ words }) => words[0]))).toEqual([[0x8000], [], [], []])
    p.pf.write(Reg.mrqc, 0)
    const one = p.pfQueue(1, 1).rx
    one.post(4)
    p.run()
    p.far.put(ofType())
    p.run()
    expect([one.take().length, p.missing]).toEqual([1, 0])
  })
})

test('without an embedded switch everything that pools send goes to the wire, and spoof checks stay', () => {
  const p = new BareProgram(3, { embeddedSwitch: false })
  const a = p.vfRings(0)
  const b = p.vfRings(1)
  b.rx.post(8)
  p.run()
  p.pf.write(Reg.dtxswc, 0x80ff0001)
  p.pf.write(0x5d80, 0x0101)
  p.pf.write(0x5da0, 0xf)
  const frame = frameOf(macOf(1), macOf(0), 100)
  a.tx.send(frame)
  a.tx.send(frameOf(macOf(1), STRANGER, 100))
  p.run()
  expect([p.far.frames, b.rx.take(), p.pf.read(Reg.dtxswc), p.counter('drop.macSpoof')]).toEqual([[frame], [], 1, 1])
  p.far.put(frame)
  p.run()
  expect([b.rx.take().map((got) => got.bytes), p.missing]).toEqual([[frame], 0])
})

import { describe, expect, test } from 'vitest'
import { frameOf, macOf } from '../intel/testing/frames.js'
import { BareProgram } from './testing/bare-program.js'

const PEER = Uint8Array.of(0x02, 9, 9, 9, 9, 9)
const RTTDQSEL = 0x4904
const RTTBCNRM = 0x4980
const RTTBCNRC = 0x4984

function tagged(frame: Uint8Array, tci: number): Uint8Array {
  return Uint8Array.of(...frame.subarray(0, 12), 0x81, 0, tci >>> 8, tci & 0xff, ...frame.subarray(12))
}

describe('mirrors', () => {
  test('a rule of pools, and its high half of 64', () => {
    const p = new BareProgram(41)
    for (const register of [0x51e0, 0x51e4, 0x8110, 0x8114]) p.pf.write(register, 0xffffffff)
    const a = p.vfRings(0)
    const mirror = p.vfRings(2)
    mirror.rx.post(8)
    a.rx.post(8)
    p.run()
    p.pf.write(0xf600 + 4, 0x0201)
    p.pf.write(0xf630 + 4, 1)
    p.far.put(frameOf(macOf(0), PEER, 100))
    p.far.put(frameOf(macOf(1), PEER, 101))
    p.run()
    expect(mirror.rx.take().map((got) => got.bytes.length)).toEqual([100])
    p.pf.write(0xf630 + 4, 0)
    p.pf.write(0xf630 + 4 * 5, 1 << 8)
    p.far.put(frameOf(macOf(0), PEER, 100))
    p.far.put(frameOf(macOf(40), PEER, 102))
    p.run()
    expect(mirror.rx.take().map((got) => got.bytes.length)).toEqual([102])
    expect([a.rx.take().length, p.missing, p.pf.read(0xf604)]).toEqual([2, 0, 0x201])
  })

  test('VLANs by the index of PFVLVF; the downlink', () => {
    const p = new BareProgram()
    const a = p.vfRings(0)
    const mirror = p.vfRings(2)
    mirror.rx.post(8)
    a.rx.post(8)
    p.run()
    p.pf.write(0xf100 + 4 * 33, 0x80000064)
    p.pf.write(0xf600, 0x0208)
    p.pf.write(0xf610 + 4 * 4, 2)
    p.far.put(tagged(frameOf(macOf(0), PEER, 100), 100))
    p.far.put(tagged(frameOf(macOf(0), PEER, 100), 101))
    p.run()
    expect(mirror.rx.take().length).toBe(1)
    p.pf.write(0xf600, 0x0204)
    a.tx.send(frameOf(PEER, macOf(0), 64))
    p.run()
    expect([mirror.rx.take().length, p.far.frames.length, p.missing]).toEqual([1, 1, 0])
  })
})

describe('EtherType filters', () => {
  const FCOE = 0x8906

  test('give a type to a pool and a queue, and say so in the descriptor', () => {
    const p = new BareProgram()
    const vf = p.vfRings(0)
    const second = p.rings(p.pf, 0x6000 + 7 * 0x40, 0x1000 + 7 * 0x40)
    vf.rx.post(8)
    second.rx.post(8)
    p.run()
    p.pf.write(0x5128 + 4 * 2, (0x88000000 | (1 << 26) | (p.pool << 20) | FCOE) >>> 0)
    p.pf.write(0xec00 + 4 * 2, (0x80000000 | (7 << 16)) >>> 0)
    const frame = frameOf(macOf(0), PEER, 300)
    frame.set([FCOE >> 8, FCOE & 0xff], 12)
    p.far.put(frame)
    p.far.put(tagged(frame, 5))
    p.far.put(frameOf(macOf(0), PEER, 80))
    p.run()
    const got = second.rx.take()
    expect(got.map(({ bytes }) => bytes)).toEqual([frame, tagged(frame, 5)])
    expect(got.map(({ words }) => words[0])).toEqual([0x8020, 0x8020])
    expect(vf.rx.take().map(({ bytes }) => bytes.length)).toEqual([80])
    p.pf.write(0x5128 + 4 * 2, FCOE)
    p.far.put(frame)
    p.run()
    expect([vf.rx.take().length, p.missing]).toEqual([1, 0])
  })

  test('what a neighbour sends goes where its address says', () => {
    const p = new BareProgram()
    const a = p.vfRings(0)
    const b = p.vfRings(1)
    const other = p.rings(p.pf, 0x6000 + 7 * 0x40, 0x1000 + 7 * 0x40)
    for (const { rx } of [b, other]) rx.post(8)
    p.run()
    p.pf.write(0x5128, (0x84000000 | (p.pool << 20) | 0x88b5) >>> 0)
    p.pf.write(0xec00, (0x80000000 | (7 << 16)) >>> 0)
    a.tx.send(frameOf(macOf(1), macOf(0), 90))
    p.run()
    expect([b.rx.take().length, other.rx.take().length]).toEqual([1, 0])
  })
})

describe('the transmit rate of a queue', () => {
  /** RTTBCNRC of a rate in Mb/s, as drivers compute it. */
  const limit = (mbps: number): number => (0x80000000 | Math.floor((10000 * 16384) / mbps)) >>> 0

  test('is kept in virtual time, to the bit, and holds up nobody else', () => {
    const p = new BareProgram()
    const slow = p.vfRings(0).tx
    const fast = p.vfRings(1).tx
    p.pf.write(RTTDQSEL, 0)
    p.pf.write(RTTBCNRC, limit(100))
    const start = p.scheduler.nowNs()
    for (let i = 0; i < 11; i++) {
      slow.frame(frameOf(PEER, macOf(0), 1246, i))
      fast.frame(frameOf(PEER, macOf(1), 1246))
    }
    slow.ring()
    fast.ring()
    p.run(1000)
    expect([slow.head, fast.head]).toEqual([1, 11])
    // 1250 bytes with FCS take 100 us at 100 Mb/s.
    p.run(500 + 5 * 100_000 - 1000)
    expect(slow.head).toBe(6)
    p.run(10_000_000)
    expect(slow.head).toBe(11)
    expect(p.far.frames.length).toBe(22)
    expect(p.scheduler.nowNs() - start).toBeGreaterThan(1_000_000)
    p.pf.write(RTTBCNRC, 0)
    for (let i = 0; i < 11; i++) slow.frame(frameOf(PEER, macOf(0), 1246))
    slow.ring()
    p.run(1000)
    expect(slow.head).toBe(22)
  })

  test('a queue that was idle makes up for RTTBCNRM at once, and for no more', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    p.pf.write(RTTBCNRM, 4)
    p.pf.write(RTTBCNRC, limit(100))
    p.scheduler.timer('idle', () => undefined).arm(10_000_000)
    p.run(10_000_000)
    for (let i = 0; i < 10; i++) tx.frame(frameOf(PEER, macOf(0), 1246))
    tx.ring()
    // 4096 bytes are three frames of 1250, and a fourth that begins within them.
    p.run(1000)
    expect(tx.head).toBe(4)
    p.run(6 * 100_000)
    expect(tx.head).toBe(10)
    // It has kept its rate: nothing is left to make up for.
    for (let i = 0; i < 3; i++) tx.frame(frameOf(PEER, macOf(0), 1246))
    tx.ring()
    p.run(1000)
    expect(tx.head).toBe(10)
  })

  test('each queue has its own register, and a reset takes all limits away', () => {
    const p = new BareProgram()
    p.pf.write(RTTDQSEL, 5)
    p.pf.write(RTTBCNRC, limit(2500))
    p.pf.write(RTTDQSEL, 6)
    expect(p.pf.read(RTTBCNRC)).toBe(0)
    p.pf.write(RTTDQSEL, 5)
    expect(p.pf.read(RTTBCNRC)).toBe((0x80000000 | (4 << 14)) >>> 0)
    p.pf.write(0, 1 << 26)
    p.pf.write(RTTDQSEL, 5)
    expect(p.pf.read(RTTBCNRC)).toBe(0)
  })

  test('a limited queue that is switched off sends what it fetched, at its rate; one that is reset nothing', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    p.pf.write(RTTBCNRC, limit(10))
    for (let i = 0; i < 3; i++) tx.frame(frameOf(PEER, macOf(0), 1246))
    tx.ring()
    p.run(1000)
    tx.stop()
    p.run(1_500_000)
    expect([tx.enabled, tx.head]).toEqual([true, 2])
    p.run(3_000_000)
    expect([tx.enabled, tx.head]).toEqual([false, 3])
    const again = p.vfRings(1).tx
    p.pf.write(RTTDQSEL, 2)
    p.pf.write(RTTBCNRC, limit(10))
    for (let i = 0; i < 3; i++) again.frame(frameOf(PEER, macOf(1), 1246))
    again.ring()
    p.run(1000)
    p.vfs[1].write(0, 1 << 26)
    p.run(10_000_000)
    expect([p.far.frames.length, p.missing]).toEqual([4, 0])
  })
})

describe('port VLAN', () => {
  test("a tag in the bytes of a pool whose tags are the port's is dropped and counted", () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    p.pf.write(0x8790, 1)
    const plain = frameOf(PEER, macOf(0), 100)
    for (const action of [0x40000007, 0x80000007]) {
      p.pf.write(0x8000, action)
      tx.send(tagged(plain, 9))
      tx.send(plain)
      p.run()
    }
    expect(p.far.frames).toEqual([tagged(plain, 7), plain])
    expect([p.counter('drop.vlanSpoof'), p.pf.read(0x8780), p.missing]).toEqual([2, 2, 0])
  })
})

test('a pool may be allowed to send to itself', () => {
  const p = new BareProgram()
  const { tx, rx } = p.vfRings(0)
  rx.post(8)
  p.run()
  p.pf.write(0x5180, 1)
  tx.send(frameOf(macOf(0), macOf(0), 100))
  p.run()
  expect([rx.take().length, p.far.frames.length, p.missing]).toEqual([1, 0, 0])
})

test('without an embedded switch everything that pools send goes to the wire, and frames come back from there', () => {
  const p = new BareProgram(3, { embeddedSwitch: false })
  const a = p.vfRings(0)
  const b = p.vfRings(1)
  b.rx.post(8)
  p.run()
  p.pf.write(0x8220, 1)
  p.pf.write(0xf600, 0x0101)
  p.pf.write(0xf630, 0xf)
  const frame = frameOf(macOf(1), macOf(0), 100)
  a.tx.send(frame)
  p.run()
  expect([p.far.frames, b.rx.take(), p.pf.read(0x8220)]).toEqual([[frame], [], 0])
  p.far.put(frame)
  p.run()
  expect(b.rx.take().map((got) => got.bytes)).toEqual([frame])
})

import { describe, expect, test } from 'vitest'
import { frameOf, macOf } from '../intel/testing/frames.js'
import type { TxRing } from '../intel/testing/ring.js'
import { BUS } from '../intel/testing/side.js'
import { BareProgram } from './testing/bare-program.js'

const PEER = Uint8Array.of(0x02, 9, 9, 9, 9, 9)
const RS = 0x08000000
const TXDCTL = 0x2028
const TDWBAL = 0x2038
const ENABLE = 1 << 25

/** Frames of one descriptor, none of which asks for a report. */
function quietly(tx: TxRing, count: number, cmd = 0): void {
  for (let i = 0; i < count; i++) tx.frame(frameOf(PEER, macOf(0), 100), [100], cmd)
  tx.ring()
}

function done(tx: TxRing, count: number): number {
  return Array.from({ length: count }, (_, i) => tx.done(i)).filter(Boolean).length
}

describe('without a threshold', () => {
  test('only those descriptors are written back that ask for it, in full', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    quietly(tx, 2)
    quietly(tx, 1, RS)
    quietly(tx, 1)
    p.run()
    expect([0, 1, 2, 3].map((i) => tx.done(i))).toEqual([false, false, true, false])
    expect(tx.descriptor(2)).toEqual([0, 0, 0, 1])
    expect(tx.head).toBe(4)
  })

  test('a context that asks for it is written back too', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    tx.push([0, 0, 0x28200000, 0])
    tx.push([0, 0, 0x20200000, 0])
    quietly(tx, 1)
    p.run()
    expect([tx.done(0), tx.done(1), tx.head]).toEqual([true, false, 3])
  })

  test('the head goes to memory instead, where TDWBA says, when a descriptor asks for a report', () => {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    const [lo, hi] = tx.address(0x800)
    tx.side.write(TDWBAL, lo | 1)
    tx.side.write(TDWBAL + 4, hi)
    quietly(tx, 3)
    p.run()
    expect(tx.side.word(0x800)).toBe(0)
    quietly(tx, 2, RS)
    p.run()
    expect([tx.side.word(0x800), done(tx, 5)]).toEqual([5, 0])
    expect(tx.side.word(0x804)).toBe(0)
  })
})

describe('with a threshold', () => {
  /** ITR of the queue's vector, in units of 2 us. */
  function start(threshold: number, itr: number): { p: BareProgram; tx: TxRing } {
    const p = new BareProgram()
    const { tx } = p.vfRings(0)
    const [vf] = p.vfs
    vf.interrupts(3, 0x40)
    p.pf.write(0x810, 0x4000ffff)
    vf.write(0x120, 0x81808180)
    vf.write(0x110, 7)
    vf.write(0x108, 7)
    vf.write(0x824, itr << 3)
    vf.write(TXDCTL, (threshold << 16) | ENABLE)
    return { p, tx }
  }

  test('descriptors are written back in bursts of as many, whether or not they ask, and each burst is one write', () => {
    const { p, tx } = start(8, 100)
    tx.side.write(0x104, 2)
    p.run(1000)
    tx.side.messages.length = 0
    tx.side.recording = true
    quietly(tx, 20, RS)
    p.run(10_000)
    expect(tx.side.writes).toEqual([
      { lo: tx.at, bytes: 128 },
      { lo: tx.at + 128, bytes: 128 },
    ])
    expect([done(tx, 20), tx.head, tx.side.messages.length]).toEqual([16, 20, 0])
    p.run(200_000)
    // The moderation has run out: what is left is written, and one interrupt tells of all.
    expect([done(tx, 20), tx.side.messages]).toEqual([20, [0x41]])
  })

  test('without moderation nothing waits', () => {
    const { p, tx } = start(8, 0)
    quietly(tx, 3)
    p.run(1000)
    expect([done(tx, 3), tx.side.messages]).toEqual([3, [0x41]])
  })

  test('a burst runs on at the start of the ring', () => {
    const { p, tx } = start(100, 500)
    tx.side.write(0x104, 2)
    p.run(1000)
    for (let round = 0; round < 5; round++) {
      quietly(tx, 16)
      p.run(1000)
    }
    expect(done(tx, 32)).toBe(0)
    quietly(tx, 16)
    p.run(1000)
    p.run(1000)
    // 96 of 100: the ring of 32 went round three times, which its software may do without waiting.
    expect(done(tx, 32)).toBe(0)
    tx.side.write(TXDCTL, (100 << 16) | ENABLE | (1 << 26))
    expect(done(tx, 32)).toBe(32)
    expect(tx.side.read(TXDCTL) & (1 << 26)).toBe(0)
  })

  test('a queue that is switched off has written everything; one that is reset writes nothing more', () => {
    const { p, tx } = start(50, 500)
    tx.side.write(0x104, 2)
    p.run(1000)
    quietly(tx, 5)
    p.run(1000)
    expect(done(tx, 5)).toBe(0)
    tx.stop()
    p.run(1000)
    expect([done(tx, 5), tx.enabled]).toEqual([5, false])
    const again = start(50, 500)
    again.tx.side.write(0x104, 2)
    again.p.run(1000)
    quietly(again.tx, 5)
    again.p.run(1000)
    again.tx.side.write(0, 1 << 26)
    again.p.run(10_000_000)
    expect(done(again.tx, 5)).toBe(0)
  })

  test('a ring that is not there any more stops the queue, long after its frames were sent', () => {
    const { p, tx } = start(50, 100)
    tx.side.write(0x104, 2)
    p.run(1000)
    quietly(tx, 5)
    p.run(1000)
    tx.side.port.assign(undefined)
    p.run(10_000_000)
    expect([p.far.frames.length, p.pf.read(0x8108)]).toEqual([5, 0x80000])
  })
})

test('a packet without data is done and sends nothing; one that goes on stops the queue', () => {
  const p = new BareProgram()
  const { tx } = p.vfRings(0)
  quietly(tx, 1)
  tx.push([0, 0, 0x29300000, 0])
  quietly(tx, 1, RS)
  p.run()
  expect([p.far.frames.length, tx.head, tx.done(1), tx.done(2)]).toEqual([2, 3, false, true])
  tx.push([0, 0, 0x28300000, 0])
  tx.ring()
  p.run()
  expect([p.pf.read(0x8108), tx.head]).toEqual([0x200000, 3])
})

test.each([
  ['after a buffer was refused', 0x40000],
  ['with nothing else amiss', 0x20800],
])('a receive ring that cannot be written to %s is one fault, and what was to be told of is lost', (_name, second) => {
  const p = new BareProgram()
  const { rx } = p.vfRings(0)
  rx.post(1)
  rx.push([...rx.address(second), 0, 0])
  rx.ring()
  p.run()
  rx.side.space.unmap(BUS + rx.at, 0x1000)
  for (let i = 0; i < 2; i++) p.far.put(frameOf(macOf(0), PEER, 80))
  p.run()
  const told = ['fault.rx.0x1', 'delivered', 'drop.queueStopped'].map((name) => p.counter(name))
  expect([told, p.chip.inFlight, p.missing]).toEqual([[1, 0, 2], 0, 0])
})

import { Counters, VirtualScheduler } from '@npa/core'
import { Arena } from '@npa/memory'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Frame, FRAME_WORDS, FrameFlag } from '../frame-batch.js'
import { framesOf, TestPort } from '../testing/test-port.js'
import { FaultPort } from './fault-port.js'
import type { Faults } from './fault-port.js'
import { insert } from './two-port.js'

const ALWAYS = 65536

function rig(faults: Faults, seed = 1) {
  const arena = new Arena(1 << 22)
  const clock = new VirtualScheduler()
  const counters = new Counters()
  const port = new FaultPort('f', { arena, clock, counters, seed }, faults)
  const a = new TestPort(clock, arena)
  const b = new TestPort(clock, arena)
  insert(a, [port], b)
  const count = (name: string, way = 'aToB'): number => counters.get(`f.${way}.${name}`)
  return { arena, clock, port, a, b, count }
}

const MIXED: Faults = { drop: 6000, duplicate: 7000, delay: 8000, delayFrames: 3, corrupt: 9000 }

/** What comes out when 300 frames go in, offered in groups of `group`. */
function outcome(seed: number, group: number, faults = MIXED): string[] {
  const { arena, clock, a, b } = rig(faults, seed)
  const batch = framesOf(arena, Array<number>(200).fill(60))
  for (let i = 0; i < 200; i += group) a.offer(batch, i, Math.min(group, 200 - i))
  clock.run(() => false, 1e9)
  return b.got.map((frame) => Buffer.from(frame.bytes).toString('hex'))
}

describe('FaultPort', () => {
  test('without faults passes everything as it is', () => {
    const { arena, a, b } = rig({})
    const batch = framesOf(arena, [60, 70000])
    batch.words[Frame.flags] = FrameFlag.csumGood | FrameFlag.vlan
    batch.words[Frame.vlan] = 5
    expect(a.offer(batch)).toBe(2)
    expect(b.got.map(({ bytes, flags, vlan }) => [bytes.length, flags, vlan])).toEqual([
      [60, 10, 5],
      [70000, 0, 0],
    ])
  })

  test('the seed decides, not how frames are batched; directions differ', () => {
    expect(outcome(7, 1)).toEqual(outcome(7, 64))
    expect(outcome(7, 1)).not.toEqual(outcome(8, 1))
    const { arena, a, b } = rig(MIXED, 7)
    const batch = framesOf(arena, Array<number>(200).fill(60))
    a.offer(batch)
    b.offer(batch)
    expect(a.got.map((frame) => frame.bytes[0])).not.toEqual(b.got.map((frame) => frame.bytes[0]))
  })

  test('strikes about as often as asked', () => {
    const { arena, a, count } = rig({ drop: 6554, duplicate: 3277, corrupt: 1311 })
    const batch = framesOf(arena, Array<number>(200).fill(60))
    for (let i = 0; i < 100; i++) a.offer(batch)
    // 20 000 frames: four standard deviations around 10 %, 5 % and 2 %.
    expect(Math.abs(count('dropped') - 2000)).toBeLessThan(170)
    expect(Math.abs(count('duplicated') - 1000)).toBeLessThan(124)
    expect(Math.abs(count('corrupted') - 400)).toBeLessThan(80)
  })

  test('drops and duplicates', () => {
    const drop = rig({ drop: ALWAYS })
    expect(drop.a.offer(framesOf(drop.arena, [60, 60]))).toBe(2)
    expect([drop.b.got.length, drop.count('dropped')]).toEqual([0, 2])
    const double = rig({ duplicate: ALWAYS })
    double.a.offer(framesOf(double.arena, [60, 60]))
    expect(double.b.got.map((frame) => frame.bytes[0])).toEqual([1, 1, 2, 2])
  })

  test('corrupts one byte of a copy and takes back what hardware had found', () => {
    const { arena, a, b } = rig({ corrupt: ALWAYS })
    const batch = framesOf(arena, [60])
    batch.words[Frame.flags] = FrameFlag.csumGood | FrameFlag.vlan
    for (let i = 0; i < 50; i++) a.offer(batch)
    for (const { bytes, flags } of b.got) {
      expect(bytes.filter((byte) => byte !== 1)).toHaveLength(1)
      expect(flags).toBe(FrameFlag.vlan)
    }
    expect(new Set(b.got.map(({ bytes }) => bytes.findIndex((byte) => byte !== 1))).size).toBeGreaterThan(20)
    const at = batch.words[Frame.address]
    expect(arena.u8.subarray(at, at + 60).every((byte) => byte === 1)).toBe(true)
  })

  test('a delayed frame is overtaken by exactly so many, its bytes kept', () => {
    // The seed is one with a single early delay.
    const { arena, a, b, count, port } = rig({ delay: 4000, delayFrames: 3 }, 2)
    const batch = framesOf(arena, Array<number>(200).fill(60))
    let sent = 0
    while (count('delayed') === 0) a.offer(batch, sent++, 1)
    const late = sent
    const at = batch.words[(late - 1) * FRAME_WORDS + Frame.address]
    arena.u8.fill(0, at, at + 60)
    expect(port.held).toBe(1)
    a.offer(batch, sent, 3)
    expect(count('delayed')).toBe(1)
    expect(b.got.map((frame) => frame.bytes[0]).slice(-4)).toEqual([late + 1, late + 2, late + 3, late])
    expect(port.held).toBe(0)
  })

  test('the last frame of a flow is late by 1 ms, not lost; a full far side is asked again', () => {
    const { arena, clock, a, b, port } = rig({ delay: ALWAYS, delayFrames: 5 })
    a.offer(framesOf(arena, [60, 61]))
    b.capacity = 1
    clock.run(() => b.got.length > 0, 1e9)
    expect([port.held, clock.nowNs()]).toEqual([1, 1_000_000])
    b.capacity = Infinity
    expect(clock.run(() => false, 1e9)).toBe('idle')
    expect(b.got.map((frame) => [frame.timeNs, frame.bytes.length])).toEqual([
      [1_000_000, 60],
      [2_000_000, 61],
    ])
    expect(port.held).toBe(0)
  })

  test('each held frame has its own millisecond, from the first that is held', () => {
    const { arena, clock, a, b } = rig({ delay: ALWAYS })
    const batch = framesOf(arena, [60, 61, 62, 70000])
    const at = (timeNs: number, first: number, count: number): void =>
      clock.timer('offer', () => a.offer(batch, first, count)).arm(timeNs)
    at(0, 0, 1)
    at(500_000, 1, 1)
    // Longer than any wire frame: it goes by whatever its fate, and sets the next one free before its time.
    at(1_200_000, 2, 2)
    at(1_900_000, 0, 1)
    clock.run(() => false, 1e9)
    expect(b.got.map((frame) => [frame.timeNs, frame.bytes.length])).toEqual([
      [1_000_000, 60],
      [1_000_000, 61],
      [1_200_000, 70000],
      [1_200_000, 62],
      [2_900_000, 60],
    ])
  })

  test('a refused frame meets the same fate when it comes again', () => {
    const { arena, clock, a, b } = rig(MIXED, 7)
    const batch = framesOf(arena, Array<number>(200).fill(60))
    let sent = 0
    while (sent < 200) {
      b.capacity = 0
      sent += a.offer(batch, sent)
      b.capacity = Infinity
      sent += a.offer(batch, sent, 1)
    }
    clock.run(() => false, 1e9)
    // Sorted, because a held frame may have to wait for the far side.
    expect(b.got.map((frame) => Buffer.from(frame.bytes).toString('hex')).sort()).toEqual(outcome(7, 64).sort())
  })

  test('loses nothing uncounted, whatever the far side takes', () => {
    const probability = fc.integer({ min: 0, max: 16000 })
    const faults = fc.record({ drop: probability, duplicate: probability, delay: probability, corrupt: probability })
    const steps = fc.array(
      fc.record({ offer: fc.integer({ min: 1, max: 40 }), capacity: fc.integer({ min: 0, max: 40 }) }),
      {
        maxLength: 20,
      },
    )
    fc.assert(
      fc.property(faults, fc.integer({ min: 1, max: 9 }), fc.integer(), steps, (some, delayFrames, seed, offers) => {
        const { arena, clock, port, a, b, count } = rig({ ...some, delayFrames }, seed)
        const batch = framesOf(arena, Array<number>(40).fill(1000))
        let taken = 0
        for (const { offer, capacity } of offers) {
          b.capacity = capacity
          taken += a.offer(batch, 0, offer)
          expect(count('taken')).toBe(taken)
          expect(count('delivered')).toBe(b.got.length)
          expect(taken + count('duplicated')).toBe(b.got.length + count('dropped') + port.held)
        }
        b.capacity = Infinity
        expect(clock.run(() => false, 1e9)).toBe('idle')
        expect(port.held).toBe(0)
        expect(taken + count('duplicated')).toBe(b.got.length + count('dropped'))
      }),
      { numRuns: 100 },
    )
  })

  test.each([{ drop: -1 }, { drop: 0.5 }, { drop: 40000, corrupt: 30000 }, { delay: 1, delayFrames: 0 }])(
    'refuses %o',
    (faults) => {
      expect(() => rig(faults)).toThrow(RangeError)
    },
  )
})

import { Counters, VirtualScheduler } from '@npa/core'
import { Arena } from '@npa/memory'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Frame, FRAME_WORDS, frameBatch, FrameFlag } from '../frame-batch.js'
import { framesOf, TestPort } from '../testing/test-port.js'
import { Link } from './link.js'
import type { LinkOptions } from './link-lane.js'
import { insert } from './two-port.js'

const GBIT = 1e9

/** Two ports with a link between them. */
function rig(options: Partial<LinkOptions> = {}) {
  const arena = new Arena(1 << 23)
  const clock = new VirtualScheduler()
  const counters = new Counters()
  const link = new Link('l', { arena, clock, counters, rateBps: 10 * GBIT, delayNs: 0, ...options })
  const a = new TestPort(clock, arena)
  const b = new TestPort(clock, arena)
  insert(a, [link], b)
  const run = (limitNs = 1e15): string => clock.run(() => false, limitNs)
  const count = (name: string): number => counters.get(`l.aToB.${name}`)
  return { arena, clock, counters, link, a, b, run, count }
}

const DROPS = ['linkDown', 'wireUnfinished', 'undersize', 'oversize', 'receiverFull', 'unplugged']

describe('time on the wire', () => {
  test.each([
    // (60 + 24) * 8 = 672 bits; (1514 + 24) * 8 = 12304 bits.
    [60, 10 * GBIT, 0, 68],
    [60, GBIT, 0, 672],
    [60, GBIT, 500, 1172],
    [14, GBIT, 0, 672],
    [1514, 10 * GBIT, 0, 1231],
    [1514, 1, 0, 12_304e9],
    [16384, 1e12, 0, 132],
  ])('%i bytes at %i bit/s with %i ns delay arrive at %i ns', (length, rateBps, delayNs, atNs) => {
    const { arena, a, b, run } = rig({ rateBps, delayNs })
    expect(a.offer(framesOf(arena, [length]))).toBe(1)
    expect(run()).toBe('idle')
    expect(b.got.map((frame) => frame.timeNs)).toEqual([atNs])
  })

  test('a burst does not drift: frame i of 67.2 ns arrives at the 67.2 · (i + 1), rounded up', () => {
    const { arena, clock, a, b, run } = rig({ delayNs: 5 })
    const batch = framesOf(arena, Array<number>(1000).fill(60))
    let sent = a.offer(batch)
    clock.run(() => {
      if (a.roomAtNs.length > 0) {
        a.roomAtNs.length = 0
        sent += a.offer(batch, sent)
      }
      return false
    }, 1e9)
    run()
    expect(b.got.map((frame) => frame.timeNs)).toEqual(
      Array.from({ length: 1000 }, (_, i) => Math.ceil(((i + 1) * 672) / 10) + 5),
    )
  })

  test('an idle wire starts anew, and the directions do not share it', () => {
    const { arena, clock, a, b, run } = rig({ rateBps: GBIT })
    const one = framesOf(arena, [60])
    a.offer(one)
    b.offer(one)
    run()
    clock.timer('later', () => a.offer(one)).arm(10_000)
    run()
    expect(b.got.map((frame) => frame.timeNs)).toEqual([672, 10_672])
    expect(a.got.map((frame) => frame.timeNs)).toEqual([672])
  })
})

describe('frames', () => {
  test('arrive whole, in order, padded with zeros to 60 bytes, without metadata', () => {
    const { arena, a, b, run } = rig()
    const batch = framesOf(arena, [14, 59, 60, 61, 1514], 0x21)
    batch.words[Frame.flags] = FrameFlag.csumGood
    a.offer(batch)
    arena.u8.fill(0xee, batch.words[Frame.address], batch.words[Frame.address] + 14) // the bytes were lent only until send returned
    run()
    expect(b.got.map((frame) => frame.bytes.length)).toEqual([60, 60, 60, 61, 1514])
    expect(b.got.every((frame) => frame.flags === 0)).toBe(true)
    b.got.forEach((frame, i) => {
      const length = [14, 59, 60, 61, 1514][i]
      expect(frame.bytes.subarray(0, length).every((byte) => byte === 0x21 + i)).toBe(true)
      expect(frame.bytes.subarray(length).every((byte) => byte === 0)).toBe(true)
    })
  })

  test('that are no plain wire frames are dropped by name', () => {
    const { arena, a, b, run, count } = rig()
    const batch = framesOf(arena, [60, 60, 13, 16385, 60])
    batch.words[Frame.flags] = FrameFlag.csumWanted
    batch.words[FRAME_WORDS + Frame.flags] = FrameFlag.vlan
    expect(a.offer(batch)).toBe(5)
    run()
    expect(b.got).toHaveLength(1)
    expect([count('sent'), count('delivered')]).toEqual([5, 1])
    expect([count('drop.wireUnfinished'), count('drop.undersize'), count('drop.oversize')]).toEqual([2, 1, 1])
  })

  test('that the receiver does not take are dropped: a wire does not wait', () => {
    const { arena, a, b, run, count } = rig()
    b.capacity = 2
    a.offer(framesOf(arena, [60, 60, 60]))
    run()
    expect([b.got.length, count('delivered'), count('drop.receiverFull')]).toEqual([2, 2, 1])
  })

  test('wait on a lossless link, and go on in order when the receiver has room', () => {
    const { arena, clock, a, b, run, count } = rig({ lossless: true })
    b.capacity = 1
    a.offer(framesOf(arena, [60, 60, 60]))
    expect(run()).toBe('idle')
    expect([b.got.length, count('delivered')]).toEqual([1, 1])
    const wake = clock.timer('wake', () => {
      b.capacity = Infinity
      b.peer?.room()
      expect(b.got).toHaveLength(1) // never from inside the call
    })
    wake.arm(5000)
    run()
    expect(b.got.map((frame) => [frame.timeNs, frame.bytes[0]])).toEqual([
      [68, 1],
      [5000, 2],
      [5000, 3],
    ])
    expect(DROPS.map((name) => count(`drop.${name}`))).toEqual([0, 0, 0, 0, 0, 0])
  })

  test('are dropped in flight and on entry while the link is down', () => {
    const { arena, clock, link, a, b, run, count } = rig({ delayNs: 1000 })
    const batch = framesOf(arena, [60, 60])
    expect(a.peer?.up).toBe(true)
    a.offer(batch)
    clock.timer('cut', () => link.setUp(false)).arm(1100)
    run()
    expect([a.peer?.up, b.got.length, count('drop.linkDown'), link.inFlight]).toEqual([false, 1, 1, 0])
    expect(a.offer(batch)).toBe(2)
    expect(count('drop.linkDown')).toBe(3)
    link.setUp(true)
    a.offer(batch)
    run()
    expect([a.peer?.up, b.got.length, count('sent')]).toEqual([true, 3, 6])
  })

  test('to an end with nothing plugged in are dropped; a port that is down has no carrier at its peer', () => {
    const { arena, clock, counters, a, b } = rig()
    b.up = false
    expect(a.peer?.up).toBe(false)
    const open = new Link('open', { arena, clock, counters, rateBps: GBIT, delayNs: 0, lossless: true })
    a.connect(open.a)
    open.a.connect(a)
    expect(a.peer?.up).toBe(false)
    a.offer(framesOf(arena, [60]))
    clock.run(() => false, 1e9)
    expect([counters.get('open.aToB.drop.unplugged'), open.inFlight]).toEqual([1, 0])
  })
})

describe('a sender faster than the wire', () => {
  test('is refused 10 µs ahead, and told of room at half of it, once', () => {
    const { arena, a, b, run } = rig({ rateBps: GBIT })
    const batch = framesOf(arena, Array<number>(40).fill(60))
    // Frame i is taken while at most 10 000 ns are booked: 672 · 15 is the first above.
    expect(a.offer(batch)).toBe(15)
    expect(a.offer(batch, 15)).toBe(0)
    expect(a.roomAtNs).toEqual([])
    run()
    expect(a.roomAtNs).toEqual([15 * 672 - 5000])
    expect(b.got).toHaveLength(15)
  })

  test('is refused when the store is full, and told of room when frames have left', () => {
    const { arena, a, b, run, count, link } = rig({ rateBps: 1e12, delayNs: 1e6, storeBytes: 32768 })
    const batch = framesOf(arena, Array<number>(40).fill(1500))
    const taken = a.offer(batch)
    expect(taken).toBe(21) // 1500 bytes take 24 lines of 64
    expect(link.inFlight).toBe(21)
    run()
    expect(a.roomAtNs).toEqual([b.got[20].timeNs])
    expect([count('sent'), count('delivered')]).toEqual([21, 21])
  })

  test('hears of room after the link went down', () => {
    const { arena, link, a, run } = rig({ rateBps: 1000 })
    expect(a.offer(framesOf(arena, [60, 60]))).toBe(1)
    link.setUp(false)
    run()
    expect(a.roomAtNs).toEqual([0])
  })
})

test('nothing is lost uncounted: sent = delivered + every drop, with flaps, refusals and full receivers', () => {
  const step = fc.record({
    atNs: fc.integer({ min: 0, max: 200_000 }),
    what: fc.constantFrom('ab', 'ba', 'flap', 'roomA', 'roomB'),
    lengths: fc.array(fc.oneof(fc.integer({ min: 10, max: 1600 }), fc.constant(16400)), {
      minLength: 1,
      maxLength: 30,
    }),
    flags: fc.constantFrom(0, 0, 0, 0, 1, 2, 8),
  })
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 40 }),
      fc.boolean(),
      fc.constantFrom(1e8, 1e10),
      (steps, lossless, rateBps) => {
        const { clock, counters, link, a, b } = rig({ lossless, rateBps, delayNs: 3000, storeBytes: 32768 })
        a.capacity = 20
        b.capacity = 20
        const offered = { ab: 0, ba: 0 }
        for (const { atNs, what, lengths, flags } of steps) {
          const act = (): void => {
            if (what === 'flap') link.setUp(!link.up)
            else if (what === 'roomA' || what === 'roomB') {
              const port = what === 'roomA' ? a : b
              port.capacity = 30
              port.peer?.room()
            } else {
              const batch = frameBatch(lengths.length)
              batch.n = lengths.length
              lengths.forEach((length, i) => {
                batch.words[i * FRAME_WORDS + Frame.length] = length
                batch.words[i * FRAME_WORDS + Frame.flags] = flags
              })
              offered[what] += (what === 'ab' ? a : b).offer(batch)
            }
          }
          clock.timer('step', act).arm(atNs)
        }
        const check = (way: string, sent: number, receiver: TestPort): number => {
          const drops = DROPS.reduce((sum, name) => sum + counters.get(`l.${way}.drop.${name}`), 0)
          expect(counters.get(`l.${way}.sent`)).toBe(sent)
          expect(counters.get(`l.${way}.delivered`)).toBe(receiver.got.length)
          expect(counters.get(`l.${way}.deliveredBytes`)).toBe(
            receiver.got.reduce((sum, frame) => sum + frame.bytes.length, 0),
          )
          return sent - receiver.got.length - drops
        }
        clock.run(() => false, 150_000)
        expect(check('aToB', offered.ab, b) + check('bToA', offered.ba, a)).toBe(link.inFlight)
        clock.run(() => false, 1e12)
        expect(check('aToB', offered.ab, b) + check('bToA', offered.ba, a)).toBe(link.inFlight)
        if (!lossless) expect(link.inFlight).toBe(0)
      },
    ),
    { numRuns: 150 },
  )
})

test.each([
  { rateBps: 0 },
  { rateBps: 1.5 },
  { rateBps: 2e12 },
  { delayNs: -1 },
  { delayNs: 0.5 },
  { storeBytes: 40000 },
])('refuses %o', (options) => {
  expect(() => rig(options)).toThrow(RangeError)
})

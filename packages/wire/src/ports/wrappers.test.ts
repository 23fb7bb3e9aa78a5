import { Counters, VirtualScheduler } from '@npa/core'
import { Arena } from '@npa/memory'
import { describe, expect, test } from 'vitest'
import { Direction, PcapngWriter } from '../capture/pcapng.js'
import { Frame, FrameFlag } from '../frame-batch.js'
import { framesOf, TestPort } from '../testing/test-port.js'
import { CapturePort } from './capture-port.js'
import { Link } from './link.js'
import { MeterPort } from './meter-port.js'
import { insert } from './two-port.js'

function rig() {
  const arena = new Arena(1 << 22)
  const clock = new VirtualScheduler()
  const counters = new Counters()
  return { arena, clock, counters, a: new TestPort(clock, arena), b: new TestPort(clock, arena) }
}

describe('CapturePort', () => {
  test('shows both directions once, in place, with the instant, and what was refused only when it comes again', () => {
    const { arena, clock, a, b } = rig()
    const seen: number[][] = []
    const capture = new CapturePort('c', clock, arena.u8, 4, (id, timeNs, direction, u8, at, length, vlan) => {
      expect(u8).toBe(arena.u8)
      seen.push([id, timeNs, direction, at, length, vlan])
    })
    insert(a, [capture], b)
    const batch = framesOf(arena, [60, 70, 80])
    batch.words[Frame.flags] = FrameFlag.vlan
    batch.words[Frame.vlan] = 100
    const at = batch.words[Frame.address]
    b.capacity = 2
    expect(a.offer(batch)).toBe(2)
    clock
      .timer('later', () => {
        b.capacity = 1
        expect(a.offer(batch, 2)).toBe(1)
        expect(b.offer(batch, 1, 1)).toBe(1)
      })
      .arm(77)
    clock.run(() => false, 1000)
    expect(seen).toEqual([
      [4, 0, Direction.outbound, at, 60, 100],
      [4, 0, Direction.outbound, at + 60, 70, -1],
      [4, 77, Direction.outbound, at + 130, 80, -1],
      [4, 77, Direction.inbound, at + 60, 70, -1],
    ])
    expect(b.got).toHaveLength(3)
    expect(a.got).toHaveLength(1)
  })

  test('feeds a pcapng writer as it is', () => {
    const { arena, clock, a, b } = rig()
    const chunks: Uint8Array[] = []
    const writer = new PcapngWriter((chunk) => chunks.push(chunk), 'npa')
    const id = writer.addInterface('a')
    insert(a, [new CapturePort('c', clock, arena.u8, id, (...frame) => writer.packet(...frame))], b)
    a.offer(framesOf(arena, [60, 61]))
    writer.close()
    expect(Buffer.concat(chunks).length).toBe(40 + 40 + (44 + 60) + (44 + 64))
  })
})

describe('MeterPort', () => {
  test('counts what was taken, each way', () => {
    const { arena, counters, a, b } = rig()
    insert(a, [new MeterPort('m', counters)], b)
    b.capacity = 2
    a.offer(framesOf(arena, [60, 70, 80]))
    b.offer(framesOf(arena, [64, 1500]), 1)
    expect(counters.snapshot()).toEqual({
      'm.aToB.frames': 2,
      'm.aToB.bytes': 130,
      'm.bToA.frames': 1,
      'm.bToA.bytes': 1500,
    })
  })
})

describe('a chain of wrappers and a link', () => {
  test('carries frames, room and carrier from end to end', () => {
    const { arena, clock, counters, a, b } = rig()
    const link = new Link('l', { arena, clock, counters, rateBps: 1e9, delayNs: 0 })
    const meter = (name: string): MeterPort => new MeterPort(name, counters)
    insert(a, [meter('near'), link, meter('far'), meter('last')], b)
    expect([a.peer?.up, b.peer?.up]).toEqual([true, true])
    expect(a.offer(framesOf(arena, Array<number>(30).fill(60)))).toBe(15)
    clock.run(() => false, 1e9)
    expect(a.roomAtNs).toEqual([15 * 672 - 5000])
    expect([b.got.length, counters.get('near.aToB.frames'), counters.get('last.aToB.frames')]).toEqual([15, 15, 15])
    b.peer?.room()
    link.setUp(false)
    expect([a.peer?.up, b.peer?.up]).toEqual([false, false])
    link.setUp(true)
    b.up = false
    expect([a.peer?.up, b.peer?.up]).toEqual([false, true])
  })

  test('with nothing between is the two ports; a loose end is a mistake that says where', () => {
    const { arena, counters, a, b } = rig()
    insert(a, [], b)
    expect(a.offer(framesOf(arena, [60]))).toBe(1)
    const loose = new MeterPort('m', counters)
    a.connect(loose.a)
    expect(a.peer?.up).toBe(false)
    expect(() => a.offer(framesOf(arena, [60]))).toThrow(
      'm.a: frames come in, but the other side is connected to nothing',
    )
  })
})

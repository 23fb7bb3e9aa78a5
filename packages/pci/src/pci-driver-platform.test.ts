import { VirtualScheduler } from '@npa/core'
import { AddressSpace, Arena } from '@npa/memory'
import { describe, expect, test } from 'vitest'
import {
  DmaMemory,
  InterruptController,
  PciDriverPlatform,
  RemappedVectors,
  RootComplex,
  enableFunction,
} from './index.js'
import { sampleDevice } from './testing/sample-device.js'

const RID = 0x10
const HIGH = 0x5_0000_0000
const never = (): boolean => false

interface Sample {
  readonly time: VirtualScheduler
  readonly arena: Arena
  readonly rc: RootComplex
  readonly device: ReturnType<typeof sampleDevice>
  readonly space: AddressSpace
  readonly memory: DmaMemory
  readonly platform: PciDriverPlatform
}

function sample(pollLatencyNs = 300): Sample {
  const time = new VirtualScheduler()
  const arena = new Arena(1 << 20)
  const rc = new RootComplex(arena)
  const device = sampleDevice()
  rc.plug(RID, device.fn)
  const space = new AddressSpace('host')
  space.map(HIGH, 0x40000, 0x20000)
  rc.port(RID).assign(space)
  const host = new InterruptController('host', time, time, 50)
  const memory = new DmaMemory('dma', arena, space, HIGH, HIGH + 0x20000)
  const platform = new PciDriverPlatform({
    name: 'pf0',
    clock: time,
    tasks: time,
    config: rc.config(RID),
    bar: (index) => rc.mmio(RID, index),
    vectors: new RemappedVectors(rc.remapping, host, RID),
    memory,
    pollLatencyNs,
  })
  return { time, arena, rc, device, space, memory, platform }
}

describe('PciDriverPlatform', () => {
  test('a raised vector runs its handler, after the delivery latency, and no other', () => {
    const { platform, device, time } = sample()
    enableFunction(platform)
    device.fn.barWrite(4, 4 * 16 + 12, 4, 0)
    expect(platform.enableVectors(4)).toBe(4)
    expect(device.fn.msix?.masked(4)).toBe(true)
    const ran: string[] = []
    platform.irq(1, () => ran.push(`one at ${platform.clock.nowNs()}`))
    platform.irq(2, () => ran.push('two'))
    device.fn.raise(1)
    device.fn.raise(3)
    device.fn.raise(4)
    expect(ran).toEqual([])
    time.run(never, 1000)
    expect(ran).toEqual(['one at 50'])
  })

  test('vectors are as many as the table has, and go back when they are turned off', () => {
    const { platform, rc, device, time } = sample()
    enableFunction(platform)
    expect(platform.enableVectors(100)).toBe(64)
    expect(platform.enableVectors(2)).toBe(2)
    expect(rc.remapping.inUse).toBe(2)
    platform.irq(0, () => expect.unreachable())
    device.fn.raise(0)
    platform.disableVectors()
    device.fn.raise(0)
    time.run(never, 1000)
    expect(rc.remapping.inUse).toBe(0)
    expect(rc.configRead(RID, 0x72, 2) & 0x8000).toBe(0)
  })

  test('DMA memory is what the device reaches at the block’s address, above 4 GiB too', () => {
    const { platform, device, arena } = sample()
    enableFunction(platform)
    const block = platform.allocDma(100, 4096)
    const next = platform.allocDma(64, 128)
    expect([block.hi, block.lo % 4096, block.bytes, next.lo % 128]).toEqual([5, 0, 100, 0])
    expect(next.lo - block.lo).toBeGreaterThanOrEqual(100)
    block.i32[3] = 1234
    expect(device.fn.dma.read(block.lo + 12, block.hi, 4, 0)).toBe(true)
    expect(arena.i32[0]).toBe(1234)
    arena.i32[0] = 99
    device.fn.dma.write(0, 4, next.lo, next.hi)
    expect(next.i32[0]).toBe(99)
  })

  test('blocks are counted, come back zeroed, and only their owner frees them, once', () => {
    const { platform, memory } = sample()
    const block = platform.allocDma(4096, 64)
    block.u8.fill(0xff)
    expect([platform.dmaInUse, memory.inUse]).toEqual([1, 1])
    platform.freeDma(block)
    expect([platform.dmaInUse, memory.inUse]).toEqual([0, 0])
    expect(() => platform.freeDma(block)).toThrow(/not its own/)
    const again = platform.allocDma(4096, 64)
    expect([again.lo, again.u8.every((byte) => byte === 0)]).toEqual([block.lo, true])
    expect(() => platform.allocDma(1 << 20, 64)).toThrow(RangeError)
    expect(memory.inUse).toBe(1)
  })

  test('a mapping shows what backs the addresses now', () => {
    const { platform, space, arena } = sample()
    arena.u8[0x30000] = 1
    arena.u8[0x50000] = 2
    expect(platform.mapDma(0x10000, 5, 8192).u8[0]).toBe(1)
    space.map(HIGH + 0x10000, 8192, 0x50000)
    const window = platform.mapDma(0x10000, 5, 8192)
    expect([window.u8[0], window.lo, window.hi, window.bytes]).toEqual([2, 0x10000, 5, 8192])
    expect(() => platform.mapDma(0x11000, 5, 8192)).toThrow(RangeError)
    expect(platform.dmaInUse).toBe(0)
  })

  test('memory that is not mapped cannot be allocated, and nothing leaks', () => {
    const { platform, space, memory } = sample()
    space.unmap(HIGH, 0x40000)
    expect(() => platform.allocDma(64, 64)).toThrow(RangeError)
    expect([platform.dmaInUse, memory.inUse]).toEqual([0, 0])
  })

  test.each([300, 0])('a poller with %i ns latency polls again at once while it finds a full budget', (latency) => {
    const { platform, time } = sample(latency)
    const polls: number[][] = []
    const poller = platform.poller('rx', (budget) => {
      polls.push([time.nowNs(), budget])
      // A schedule from inside a poll that goes on anyway is not one poll more.
      if (polls.length < 3) poller.schedule()
      return polls.length < 3 ? budget : budget - 1
    })
    poller.schedule()
    poller.schedule()
    expect(polls).toEqual([])
    expect(time.run(never, 10_000)).toBe('idle')
    expect(polls).toEqual([
      [latency, 64],
      [latency, 64],
      [latency, 64],
    ])
  })

  test('scheduling again does not put the poll off', () => {
    const { platform, time } = sample(300)
    const at: number[] = []
    const poller = platform.poller('rx', () => at.push(time.nowNs()))
    time.timer('again', () => poller.schedule()).arm(200)
    poller.schedule()
    time.run(never, 10_000)
    expect(at).toEqual([300])
  })

  test('a poller scheduled from inside its poll polls again, after its latency, and then rests', () => {
    const { platform, time } = sample(300)
    const at: number[] = []
    const poller = platform.poller('rx', () => {
      if (at.push(time.nowNs()) === 1) poller.schedule()
      return 1
    })
    poller.schedule()
    expect(time.run(never, 10_000)).toBe('idle')
    expect(at).toEqual([300, 600])
  })
})

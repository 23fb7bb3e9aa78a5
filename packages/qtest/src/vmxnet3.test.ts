import { Csum, randomStream, VirtualScheduler } from '@npa/core'
import { RangeAllocator } from '@npa/memory'
import { BROADCAST, macEqual, parseMac } from '@npa/wire'
import { Vmxnet3Shell } from '@npa/vmxnet3-shell'
import type { ShellOptions } from '@npa/vmxnet3-shell'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { NIC_RID } from './machine.js'
import { Qemu } from './qemu.js'
import { QtestPlatform } from './qtest-platform.js'
import { runUntil, until } from './testing/run-until.js'
import { anyFrame, onTheWire } from './testing/test-frames.js'
import { TestStack } from './testing/test-stack.js'
import { describeWithQemu } from './testing/with-qemu.js'

const MAC = parseMac('52:54:00:aa:bb:cc')
const OTHER = parseMac('02:00:00:00:00:01')
const GROUP = parseMac('01:00:5e:00:00:05')
const FRAMES = 1000
const GIB = 2 ** 30

describeWithQemu("the vmxnet3 driver on QEMU's vmxnet3", () => {
  const wire: Uint8Array[] = []
  let clock: VirtualScheduler
  let qemu: Qemu
  let memory: RangeAllocator
  let platform: QtestPlatform
  /** DMA blocks in which the low word of an address overflows. */
  let straddling = 0

  beforeEach(async () => {
    wire.length = 0
    qemu = await Qemu.start({
      memoryMib: 7168,
      nic: 'vmxnet3,mac=52:54:00:aa:bb:cc',
      receive: (frame) => wire.push(frame),
    })
    memory = new RangeAllocator('guest RAM', 8 * GIB - 65536, 8 * GIB + 32 * 2 ** 20)
    straddling = 0
    const pool = {
      allocate: (bytes: number, align: number): number => {
        const at = memory.allocate(bytes, align)
        if (at < 8 * GIB && at + bytes > 8 * GIB) straddling++
        return at
      },
      free: (at: number): void => memory.free(at),
    }
    clock = new VirtualScheduler()
    platform = new QtestPlatform({ qtest: qemu.qtest, rid: NIC_RID, memory: pool, clock })
  })
  afterEach(() => qemu.close())

  function open(options: ShellOptions): { shell: Vmxnet3Shell; stack: TestStack } {
    const shell = new Vmxnet3Shell(platform, {
      txRingSize: 64,
      rxRingSize: 64,
      largeBuffers: 0,
      ...options,
    })
    const stack = new TestStack(shell, randomStream(1, 'pieces'))
    shell.open()
    return { shell, stack }
  }

  /**
   * Sends `count` frames of any kind to the wire and compares every byte; returns what was to arrive. Frames of different queues may
   * overtake each other: `ordered` says that there is one.
   */
  async function sendAll(
    shell: Vmxnet3Shell,
    stack: TestStack,
    count: number,
    longest: number,
    ordered = true,
  ): Promise<Uint8Array[]> {
    const random = randomStream(2, 'transmit')
    const expected: Uint8Array[] = []
    wire.length = 0
    while (expected.length < count) {
      const to = [OTHER, GROUP, BROADCAST][random.below(3)]
      const frame = anyFrame(random, 42 + random.below(longest - 41), to, MAC)
      const vlan = random.below(3) === 0 ? random.below(65536) : -1
      const pieces = 1 + random.below(5)
      if (!stack.send(frame, vlan, pieces)) {
        shell.flush()
        await runUntil(platform, clock, () => stack.send(frame, vlan, pieces), 'room in the transmit ring')
      }
      expected.push(onTheWire(frame, vlan))
      if (random.below(8) === 0) shell.flush()
    }
    shell.flush()
    await runUntil(platform, clock, () => wire.length >= count, 'frames on the wire')
    if (ordered) expectSame(wire, expected)
    else expectSame(wire.toSorted(byBytes), expected.toSorted(byBytes))
    return expected
  }

  /** Sends `count` frames of any kind to the driver, never more at once than it has buffers for, and compares every byte. */
  async function receiveAll(stack: TestStack, count: number, longest: number, atOnce: number): Promise<Uint8Array[]> {
    const random = randomStream(3, 'receive')
    const sent: Uint8Array[] = []
    const tags: number[] = []
    stack.received.length = 0
    while (sent.length < count) {
      for (let i = 0; i < atOnce && sent.length < count; i++) {
        const to = random.below(10) === 0 ? BROADCAST : MAC
        const frame = anyFrame(random, 60 + random.below(longest - 59), to, OTHER)
        const vlan = random.below(3) === 0 ? random.below(65536) : -1
        qemu.cable.send(onTheWire(frame, vlan))
        sent.push(onTheWire(frame, -1))
        tags.push(vlan)
      }
      await runUntil(platform, clock, () => stack.received.length >= sent.length, 'received frames')
    }
    const { received } = stack
    expectSame(
      received.map((frame) => frame.bytes),
      sent,
    )
    expect(received.map((frame) => frame.vlan)).toEqual(tags)
    return sent
  }

  test('probe: the address, a link, and no queue error', () => {
    const { shell, stack } = open({})
    expect(macEqual(shell.mac, 0, MAC, 0)).toBe(true)
    expect([stack.linkUp, shell.mode, shell.lastQueueError]).toEqual([true, 'emulated', undefined])
  })

  test(`${FRAMES} frames out: pieces, checksums, tags, many laps of the ring, and the device's counters`, async () => {
    const { shell, stack } = open({})
    const frames = await sendAll(shell, stack, FRAMES, 1514)
    await runUntil(platform, clock, () => shell.statistics()['tx.frames'] === FRAMES, 'completions')
    const stats = shell.statistics()
    for (const [name, to] of [
      ['unicast', OTHER],
      ['multicast', GROUP],
      ['broadcast', BROADCAST],
    ] as const) {
      const those = frames.filter((frame) => macEqual(frame, 0, to, 0))
      expect(stats[`device.tx.${name}Packets`], name).toBe(those.length)
      expect(stats[`device.tx.${name}Bytes`], name).toBe(those.reduce((sum, frame) => sum + frame.length, 0))
    }
    expect(straddling).toBe(1)
    expect([stats['device.tx.errors'], stats['device.tx.discarded'], stats['plugin.logs']]).toEqual([0, 0, 0])
  })

  test(`${FRAMES} frames in: tags stripped, many laps of the ring, and the device's counters`, async () => {
    const { shell, stack } = open({})
    const frames = await receiveAll(stack, FRAMES, 1514, 40)
    // A stream cable carries no checksum state, and QEMU then judges none (rx completions say CNC).
    expect(new Set(stack.received.map((frame) => frame.csum))).toEqual(new Set([Csum.none]))
    const stats = shell.statistics()
    expect(stats['rx.frames']).toBe(FRAMES)
    for (const [name, to] of [
      ['unicast', MAC],
      ['broadcast', BROADCAST],
    ] as const) {
      const those = frames.filter((frame) => macEqual(frame, 0, to, 0))
      expect(stats[`device.rx.${name}Packets`], name).toBe(those.length)
      expect(stats[`device.rx.${name}Bytes`], name).toBe(those.reduce((sum, frame) => sum + frame.length, 0))
    }
    expect([stats['device.rx.errors'], stats['device.rx.outOfBuffers'], stats['plugin.logs']]).toEqual([0, 0, 0])
  })

  test('jumbo frames both ways: heads and bodies', async () => {
    const { shell, stack } = open({ mtu: 9000, rxRingSize: 128 })
    await sendAll(shell, stack, 100, 9014)
    await receiveAll(stack, 100, 9014, 5)
    expect(shell.statistics()['plugin.logs']).toBe(0)
  })

  test('two queue pairs', async () => {
    const { shell, stack } = open({ queuePairs: 2 })
    await sendAll(shell, stack, 200, 1514, false)
    await receiveAll(stack, 100, 1514, 40)
  })

  test('a burst beyond the posted buffers: the device counts what it lost, and the driver goes on', async () => {
    const { shell, stack } = open({})
    const random = randomStream(5, 'burst')
    for (let i = 0; i < 200; i++) qemu.cable.send(anyFrame(random, 300, MAC, OTHER).bytes)
    // The driver does not run meanwhile.
    const seen = (name: string): number => shell.statistics()[`device.rx.${name}`]
    await until(() => seen('unicastPackets') + seen('outOfBuffers') === 200, 'the end of the burst')
    expect(seen('unicastPackets')).toBe(63)
    await runUntil(platform, clock, () => stack.received.length >= 63, 'the frames that found a buffer')
    await receiveAll(stack, 100, 1514, 40)
  })

  test('frames to others and to groups that nobody joined stay outside', async () => {
    const { shell, stack } = open({ multicast: [GROUP] })
    const random = randomStream(4, 'filter')
    for (const to of [OTHER, parseMac('01:00:5e:00:00:06'), GROUP, MAC]) {
      qemu.cable.send(anyFrame(random, 100, to, OTHER).bytes)
    }
    await runUntil(platform, clock, () => stack.received.length >= 2, 'the frames for us')
    expect(stack.received.map((frame) => [...frame.bytes.subarray(0, 6)])).toEqual([[...GROUP], [...MAC]])
    shell.close()
  })

  test('close leaves nothing, and the device can be opened again', async () => {
    for (let life = 0; life < 3; life++) {
      const { shell, stack } = open({})
      await sendAll(shell, stack, 50, 1514)
      await receiveAll(stack, 50, 1514, 40)
      // Frames in the rings of a closing driver are nobody's any more.
      stack.send(anyFrame(randomStream(life, 'last'), 200, OTHER, MAC), -1, 3)
      shell.close()
      expect(shell.leaks()).toEqual({ buffers: 0, dmaBlocks: 0 })
      expect(platform.dmaInUse).toBe(0)
    }
    platform.close()
    expect(memory.inUse).toBe(0)
  })

  // The driver says "no VLAN filter" by a table of zeros. To QEMU zeros mean that no VLAN passes; DPDK's driver writes all ones.
  test('without a VLAN list tagged frames come in', async () => {
    const { stack } = open({ vlans: [] })
    const random = randomStream(6, 'tagged')
    for (const vlan of [5, -1]) qemu.cable.send(onTheWire(anyFrame(random, 100, MAC, OTHER), vlan))
    await runUntil(platform, clock, () => stack.received.some((frame) => frame.vlan === -1), 'the untagged frame')
    expect(stack.received.map((frame) => frame.vlan)).toEqual([5, -1])
  })
})

const byBytes = (a: Uint8Array, b: Uint8Array): number => Buffer.compare(a, b)

/** Names the first frame that differs instead of printing thousands of bytes. */
function expectSame(actual: readonly Uint8Array[], expected: readonly Uint8Array[]): void {
  const differs = expected.findIndex((frame, i) => i >= actual.length || Buffer.compare(frame, actual[i]) !== 0)
  if (differs >= 0) expect([differs, ...(actual[differs] ?? [])]).toEqual([differs, ...expected[differs]])
  expect(actual.length).toBe(expected.length)
}

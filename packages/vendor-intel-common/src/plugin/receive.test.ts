import { RecvFlag, Xsum } from '@npa/plugin-api/guest'
import { describe, expect, test } from 'vitest'
import { PluginBench, RX_HANDLE } from '../testing/plugin-bench.js'
import { TEST_PLUGIN } from '../testing/test-chip.js'

const DD_EOP = 3
const TCP4 = 0x110
const UDP4 = 0x210

function posted(ringSize = 32): PluginBench {
  const bench = new PluginBench(TEST_PLUGIN, ringSize).start()
  bench.api.addBuffersToRxRing(0)
  bench.syncs.length = 0
  bench.writes.length = 0
  return bench
}

describe('posting', () => {
  test('a buffer for every slot but one, its address in read format, the tail told once', () => {
    const bench = new PluginBench(TEST_PLUGIN, 32).start()
    bench.api.addBuffersToRxRing(0)
    expect(bench.posted).toEqual(Array.from({ length: 31 }, (_, i) => i))
    expect(bench.words(bench.rx(5))).toEqual([0x10000 + 5 * 2048, 7, 0, 0])
    expect(bench.words(bench.rx(31))).toEqual([0, 0, 0, 0])
    expect(bench.writes).toEqual([[0x1018, 31]])
    expect(bench.syncs).toEqual(['device 0+496'])
  })

  test('without buffers nothing is told; with a few, as many are posted', () => {
    const bench = new PluginBench(TEST_PLUGIN, 32).start()
    bench.buffers = 0
    bench.api.addBuffersToRxRing(0)
    expect(bench.writes).toEqual([])
    bench.buffers = 3
    bench.api.addBuffersToRxRing(0)
    expect(bench.writes).toEqual([[0x1018, 3]])
    bench.buffers = 2
    bench.api.addBuffersToRxRing(0)
    expect(bench.writes.at(-1)).toEqual([0x1018, 5])
  })
})

describe('taking', () => {
  test('a checked TCP frame: id, length, flags and verdicts; its status word is zeroed, the next one is not touched', () => {
    const bench = posted()
    bench.receive(0, TCP4, DD_EOP | 0x60, 1000)
    bench.receive(1, TCP4, DD_EOP | 0x60, 60)
    expect(bench.api.checkRxRing(0, 1)).toBe(1)
    expect(bench.indicated).toEqual([
      {
        handle: RX_HANDLE,
        bytes: 1000,
        flags: RecvFlag.ipv4 | RecvFlag.tcp,
        tag: 0,
        ipXsum: Xsum.correct,
        l4Xsum: Xsum.correct,
        pieces: [[0, 1000]],
      },
    ])
    expect(bench.words(bench.rx(0))[2]).toBe(0)
    expect(bench.words(bench.rx(1))[2]).toBe(DD_EOP | 0x60)
    expect(bench.syncs).toEqual(['cpu 0+16'])
  })

  test('a frame of three buffers is indicated when its last one is there, and all three are marked as taken', () => {
    const bench = posted()
    bench.receive(0, 0, 1, 2048)
    bench.receive(1, 0, 1, 2048)
    expect(bench.api.checkRxRing(0, 64)).toBe(0)
    expect(bench.words(bench.rx(0))[2]).toBe(1)
    bench.receive(2, TCP4, DD_EOP, 100)
    expect(bench.api.checkRxRing(0, 64)).toBe(1)
    expect(bench.indicated[0].pieces).toEqual([
      [0, 2048],
      [1, 2048],
      [2, 100],
    ])
    expect(bench.indicated[0].bytes).toBe(4196)
    expect([0, 1, 2].map((i) => bench.words(bench.rx(i))[2])).toEqual([0, 0, 0])
  })

  test.each([
    ['nothing checked', TCP4, 0, Xsum.unknown, Xsum.unknown],
    ['IP wrong', TCP4, 0x40 | (1 << 31), Xsum.incorrect, Xsum.unknown],
    ['TCP wrong', TCP4, 0x60 | (1 << 30), Xsum.correct, Xsum.incorrect],
    ['UDP wrong may be a datagram without checksum', UDP4, 0x70 | (1 << 30), Xsum.correct, Xsum.unknown],
    ['TCP over IPv6', 0x140, 0x20, Xsum.unknown, Xsum.correct],
  ])('verdicts: %s', (_, type, status, ipXsum, l4Xsum) => {
    const bench = posted()
    bench.receive(0, type, DD_EOP | status, 60)
    bench.api.checkRxRing(0, 1)
    expect(bench.indicated[0]).toMatchObject({ ipXsum, l4Xsum })
  })

  test('a stripped tag comes with the frame; without VP the field means nothing', () => {
    const bench = posted()
    bench.receive(0, 0, DD_EOP | 8, 60, 0xe064)
    bench.receive(1, 0, DD_EOP, 60, 0xe064)
    bench.api.checkRxRing(0, 2)
    expect(bench.indicated[0]).toMatchObject({ flags: RecvFlag.vlan, tag: 0xe064 })
    expect(bench.indicated[1]).toMatchObject({ flags: 0, tag: 0 })
  })

  test('around the end of the ring, with the freed slots posted again under their old ids', () => {
    const bench = posted(32)
    for (let i = 0; i < 31; i++) bench.receive(i, 0, DD_EOP, 60)
    expect(bench.api.checkRxRing(0, 64)).toBe(31)
    bench.posted.length = 0
    bench.api.addBuffersToRxRing(0)
    expect(bench.posted.slice(0, 3)).toEqual([31, 0, 1])
    expect(bench.writes).toEqual([[0x1018, 30]])
    bench.receive(31, 0, 1, 2048)
    bench.receive(0, 0, DD_EOP, 7)
    expect(bench.api.checkRxRing(0, 64)).toBe(1)
    expect(bench.indicated[31].pieces).toEqual([
      [31, 2048],
      [0, 7],
    ])
  })

  test('a done bit left behind the tail is not a frame', () => {
    const bench = new PluginBench(TEST_PLUGIN, 32).start()
    bench.buffers = 1
    bench.api.addBuffersToRxRing(0)
    bench.receive(0, 0, DD_EOP, 60)
    bench.receive(1, 0, DD_EOP, 60)
    expect(bench.api.checkRxRing(0, 64)).toBe(1)
  })

  test('a restart forgets buffers and frames', () => {
    const bench = posted()
    bench.receive(0, 0, DD_EOP, 60)
    bench.api.reinitRxRing(0)
    expect(bench.words(bench.rx(0))).toEqual([0, 0, 0, 0])
    expect(bench.api.checkRxRing(0, 64)).toBe(0)
    bench.api.addBuffersToRxRing(0)
    expect(bench.writes.at(-1)).toEqual([0x1018, 31])
  })
})

import { SendFlag } from '@npa/plugin-api/guest'
import fc from 'fast-check'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { PluginBench } from '../testing/plugin-bench.js'
import { TEST_PLUGIN } from '../testing/test-chip.js'

/** Context and data descriptors as the 82599 datasheet draws them: tables 7-27 and 7-30. */
describe('descriptors', () => {
  test('a plain frame: one context with MACLEN 14, then one data descriptor with EOP, RS, IFCS and CC', () => {
    const bench = new PluginBench(TEST_PLUGIN).start()
    expect(bench.send([60])).toBe(0)
    expect(bench.words(bench.tx(0))).toEqual([14 << 9, 0, 0x20200800, 0])
    expect(bench.words(bench.tx(1))).toEqual([0x1000, 5, 0x2b30003c, (60 << 14) | 0x80])
    expect(bench.writes).toEqual([[0x2018, 2]])
    expect(bench.syncs).toEqual(['device 0+32'])
  })

  test('TCP over IPv4: MACLEN, IPLEN, L4T and the IPv4 bit in the context, TXSM and never IXSM in the data', () => {
    const bench = new PluginBench(TEST_PLUGIN).start()
    bench.send([54, 1446], {
      ipHeaderOffset: 14,
      l4HeaderOffset: 34,
      l4DataOffset: 54,
      flags: SendFlag.checksum | SendFlag.ipv4,
    })
    expect(bench.words(bench.tx(0))).toEqual([(14 << 9) | 20, 0, 0x20200c00, 0])
    const options = (1500 << 14) | 0x280
    expect(bench.words(bench.tx(1))).toEqual([0x1000, 5, 0x22300036, options])
    expect(bench.words(bench.tx(2))).toEqual([0x2000, 5, 0x2b3005a6, options])
  })

  test('UDP over IPv6 has L4T 0 and no IPv4 bit', () => {
    const bench = new PluginBench(TEST_PLUGIN).start()
    bench.send([100], {
      ipHeaderOffset: 14,
      l4HeaderOffset: 54,
      flags: SendFlag.checksum | SendFlag.ipv6 | SendFlag.udp,
    })
    expect(bench.words(bench.tx(0))).toEqual([(14 << 9) | 40, 0, 0x20200000, 0])
  })

  test('a tag goes into the context and VLE into every data descriptor', () => {
    const bench = new PluginBench(TEST_PLUGIN).start()
    bench.send([20, 60], { flags: SendFlag.vlan, vlanTag: 0xe064 })
    expect(bench.words(bench.tx(0))[0]).toBe(((0xe064 << 16) | (14 << 9)) >>> 0)
    expect(bench.words(bench.tx(1))[2]).toBe(0x62300014)
    expect(bench.words(bench.tx(2))[2]).toBe(0x6b30003c)
  })

  test('the context is written again only when it changes, and after a restart of the ring', () => {
    const bench = new PluginBench(TEST_PLUGIN).start()
    const tcp = { ipHeaderOffset: 14, l4HeaderOffset: 34, flags: SendFlag.checksum | SendFlag.ipv4 }
    const used = (): number => bench.writes[bench.writes.length - 1][1]
    bench.send([60], tcp)
    expect(used()).toBe(2)
    bench.send([60], tcp)
    expect(used()).toBe(3)
    // No checksum: the slot's IPLEN does not matter.
    bench.send([60])
    expect(used()).toBe(4)
    bench.send([60], { ...tcp, flags: tcp.flags | SendFlag.udp })
    expect(used()).toBe(6)
    bench.send([60], { vlanTag: 3, flags: SendFlag.vlan })
    expect(used()).toBe(8)
    bench.api.reinitTxRing(0)
    bench.send([60], { vlanTag: 3, flags: SendFlag.vlan })
    expect(used()).toBe(2)
  })
})

afterEach(() => {
  vi.restoreAllMocks()
})

describe('the ring', () => {
  test('a frame that is written back while it is looked at is not forgotten', () => {
    const bench = new PluginBench(TEST_PLUGIN, 32).start()
    bench.send([60])
    bench.send([60])
    // context and data of the first, data of the second
    const [first, second] = [1, 2]
    const load = Atomics.load.bind(Atomics)
    let looks = 0
    vi.spyOn(Atomics, 'load').mockImplementation(((words: Int32Array, index: number) => {
      const value = load(words, index)
      // between two looks of the plugin's the device, in another thread, completes both
      if (index === bench.tx(first) + 3 && looks++ === 0) for (const one of [first, second]) bench.complete(one)
      return value
    }) as typeof Atomics.load)
    expect(bench.api.checkTxRing(0) + bench.api.checkTxRing(0)).toBe(2)
    expect(looks).toBeGreaterThan(0)
  })

  test('one slot stays empty, a frame is placed whole or not at all, and a full ring rings for what waits', () => {
    const bench = new PluginBench(TEST_PLUGIN, 32).start()
    expect(bench.send(Array<number>(16).fill(100), {}, 0)).toBe(0)
    expect(bench.send(Array<number>(14).fill(100), {}, 0)).toBe(0)
    expect(bench.writes).toEqual([])
    expect(bench.send([60], {}, 0)).toBe(1)
    expect(bench.writes).toEqual([[0x2018, 31]])
    expect(bench.send([60], {}, 0)).toBe(1)
    expect(bench.writes).toHaveLength(1)
  })

  test('completions are frames, in one call, and only up to the first that is not done', () => {
    const bench = new PluginBench(TEST_PLUGIN, 32).start()
    bench.send([20, 40])
    bench.send([60])
    bench.send([20, 40])
    expect(bench.api.checkTxRing(0)).toBe(0)
    expect(bench.completed).toEqual([])
    bench.complete(2)
    bench.complete(3)
    expect(bench.api.checkTxRing(0)).toBe(2)
    expect(bench.completed).toEqual([2])
    bench.complete(5)
    expect(bench.api.checkTxRing(0)).toBe(1)
    expect(bench.api.checkTxRing(0)).toBe(0)
    expect(bench.completed).toEqual([2, 1])
  })

  test('the doorbell of a batch around the end of the ring hands over both pieces', () => {
    const bench = new PluginBench(TEST_PLUGIN, 32).start()
    bench.send(Array<number>(16).fill(100))
    bench.send(Array<number>(13).fill(100))
    bench.complete(16)
    bench.complete(29)
    bench.api.checkTxRing(0)
    bench.syncs.length = 0
    bench.send([1, 2, 3, 4])
    expect(bench.syncs).toEqual(['device 480+32', 'device 0+32'])
    expect(bench.writes.at(-1)).toEqual([0x2018, 2])
  })

  test('whatever is sent and completed, every frame placed is reported complete once, in order', () => {
    const step = fc.oneof(
      fc.record({ send: fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 16 }), tag: fc.nat(2) }),
      fc.record({ done: fc.integer({ min: 1, max: 5 }) }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const bench = new PluginBench(TEST_PLUGIN, 32).start()
        const ends: number[] = []
        let reported = 0
        let placed = 0
        let done = 0
        for (const act of steps) {
          if ('done' in act) {
            for (let n = Math.min(act.done, ends.length); n > 0; n--) {
              bench.complete(ends.shift() ?? 0)
              done++
            }
            reported += bench.api.checkTxRing(0)
            expect(reported).toBe(done)
          } else if (bench.send(act.send, { flags: SendFlag.vlan, vlanTag: act.tag }) === 0) {
            placed++
            const tail = bench.writes.at(-1)?.[1] ?? 0
            ends.push((tail + 31) % 32)
          }
        }
        while (ends.length > 0) bench.complete(ends.shift() ?? 0)
        expect(reported + bench.api.checkTxRing(0)).toBe(placed)
      }),
    )
  })
})

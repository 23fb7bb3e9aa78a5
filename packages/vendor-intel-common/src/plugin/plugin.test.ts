import { Queue, State } from '@npa/plugin-api/guest'
import { describe, expect, test } from 'vitest'
import { Refusal } from './sw-init.js'
import { PluginBench } from '../testing/plugin-bench.js'
import { TEST_PLUGIN } from '../testing/test-chip.js'

describe('swInit', () => {
  test('accepts its own window, zeroes the private area and touches no register', () => {
    const bench = new PluginBench(TEST_PLUGIN)
    const own = bench.window[State.privateOffset] >> 2
    bench.window.fill(-1, own, own + 64)
    expect(bench.api.swInit()).toBe(0)
    expect(bench.window.subarray(own, own + 64).every((word) => word === 0)).toBe(true)
    expect(bench.writes).toEqual([])
  })

  test.each([
    ['the magic', State.magic, Refusal.magic],
    ['the layout version', State.deviceInfo, Refusal.layout],
    ['the private area', State.privateBytes, Refusal.privateArea],
    ['the ring size', State.txQueue + Queue.ringSize, Refusal.ring],
    ['the ring memory', State.rxQueue + Queue.ringBytes, Refusal.ring],
  ])('refuses a window in which %s is wrong, and says so', (_, word, code) => {
    const bench = new PluginBench(TEST_PLUGIN)
    bench.window[word] = 9
    expect(bench.api.swInit()).toBe(1)
    expect(bench.logged).toEqual([code])
  })
})

describe('interrupts', () => {
  test('the first enable sets the throttle that the PF driver asked for, later ones only unmask', () => {
    const bench = new PluginBench(TEST_PLUGIN).start()
    expect(bench.api.enableInterrupt(0)).toBe(0)
    expect(bench.api.enableInterrupt(0)).toBe(0)
    expect(bench.writes).toEqual([
      [0x820, 0x28],
      [0x108, 1],
      [0x108, 1],
    ])
  })

  test('disable masks the vector, and only it', () => {
    const bench = new PluginBench(TEST_PLUGIN, 32, 2).start()
    expect(bench.api.disableInterrupt(1)).toBe(0)
    expect(bench.writes).toEqual([[0x10c, 2]])
  })

  test('frames left in the ring raise the interrupt again, after it is unmasked', () => {
    const bench = new PluginBench(TEST_PLUGIN).start()
    bench.api.addBuffersToRxRing(0)
    bench.receive(0, 0, 3, 60)
    bench.receive(1, 0, 3, 60)
    bench.api.checkRxRing(0, 1)
    bench.writes.length = 0
    bench.api.enableInterrupt(0)
    expect(bench.writes.slice(-2)).toEqual([
      [0x108, 1],
      [0x104, 1],
    ])
    bench.api.checkRxRing(0, 1)
    bench.writes.length = 0
    bench.api.enableInterrupt(0)
    expect(bench.writes).toEqual([[0x108, 1]])
  })

  test('a queue of another vector does not raise this one', () => {
    const bench = new PluginBench(TEST_PLUGIN, 32, 2).start()
    bench.api.reinitRxRing(1)
    bench.api.addBuffersToRxRing(0)
    bench.receive(0, 0, 3, 60)
    bench.writes.length = 0
    bench.api.enableInterrupt(1)
    expect(bench.writes).toEqual([
      [0x824, 0x28],
      [0x108, 2],
    ])
  })

  test.each([-1, 1, 99])('vector %i is refused when there is one', (index) => {
    const bench = new PluginBench(TEST_PLUGIN).start()
    expect(bench.api.enableInterrupt(index)).toBe(1)
    expect(bench.api.disableInterrupt(index)).toBe(1)
    expect(bench.writes).toEqual([])
  })
})

test('a second queue pair has its own rings and registers', () => {
  const bench = new PluginBench(TEST_PLUGIN, 32, 2).start()
  bench.api.reinitTxRing(1)
  bench.api.reinitRxRing(1)
  bench.api.addBuffersToRxRing(1)
  expect(bench.writes).toEqual([[0x1058, 31]])
  bench.send([60])
  expect(bench.api.addFrameToTxRing(1, 1)).toBe(0)
  expect(bench.writes.slice(1)).toEqual([
    [0x2018, 2],
    [0x2058, 2],
  ])
})

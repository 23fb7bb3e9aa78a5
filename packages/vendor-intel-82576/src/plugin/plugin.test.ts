import { PluginBench } from '@npa/vendor-intel-common/testing'
import { expect, test } from 'vitest'
import { NPA_PluginMain } from './index.js'

test('the first enable leads the queues to their vectors and sets the throttle; later ones only unmask', () => {
  const bench = new PluginBench(NPA_PluginMain, 32, 2).start()
  bench.api.enableInterrupt(0)
  bench.api.enableInterrupt(1)
  bench.api.enableInterrupt(0)
  bench.api.disableInterrupt(1)
  expect(bench.writes).toEqual([
    [0x1700, 0x81818080],
    [0x1680, 0x28],
    [0x1524, 1],
    [0x1684, 0x28],
    [0x1524, 2],
    [0x1524, 1],
    [0x1528, 2],
  ])
})

test('tails of both queue pairs, and the cause that frames left behind set again', () => {
  const bench = new PluginBench(NPA_PluginMain, 32, 2).start()
  bench.api.addBuffersToRxRing(0)
  bench.api.reinitRxRing(1)
  bench.api.addBuffersToRxRing(1)
  bench.send([60])
  bench.api.reinitTxRing(1)
  bench.api.addFrameToTxRing(1, 1)
  expect(bench.writes).toEqual([
    [0x2818, 31],
    [0x2918, 31],
    [0x3818, 2],
    [0x3918, 2],
  ])
  bench.receive(0, 0, 3, 60)
  bench.writes.length = 0
  bench.api.enableInterrupt(0)
  expect(bench.writes.at(-1)).toEqual([0x1520, 1])
})

test('checksum errors stand one place below those of the 82599', () => {
  const bench = new PluginBench(NPA_PluginMain).start()
  bench.api.addBuffersToRxRing(0)
  bench.receive(0, 0x110, 3 | 0x60 | (1 << 29), 60)
  bench.receive(1, 0x110, 3 | 0x60 | (1 << 30), 60)
  bench.api.checkRxRing(0, 2)
  expect(bench.indicated.map(({ ipXsum, l4Xsum }) => [ipXsum, l4Xsum])).toEqual([
    [1, 2],
    [2, 1],
  ])
})

import { expect, test } from 'vitest'
import { StopWatch } from './stop-watch.js'

test('a stop has its length wherever in it one asks, one that follows at once included; elsewhere there is none', () => {
  let nowNs = 0
  const watch = new StopWatch({ nowNs: () => nowNs, timer: () => expect.fail('it needs no timer') })
  const flow = (atNs: number, open: boolean): void => {
    nowNs = atNs
    watch.flow(open)
  }
  flow(0, true)
  flow(100, false)
  flow(150, true)
  flow(150, false)
  flow(180, true)
  flow(300, false)
  flow(310, true)
  expect([100, 120, 150, 180].map((at) => watch.around(at))).toEqual([80, 80, 80, 80])
  expect([50, 200, 299].map((at) => watch.around(at))).toEqual([0, 0, 0])
  expect(watch.around(305)).toBe(10)
  flow(400, false)
  nowNs = 440
  expect(watch.around(420)).toBe(40)
})

import { VirtualScheduler } from '@npa/core'
import { describe, expect, test } from 'vitest'
import { Throttle } from './throttle.js'

function setUp(): {
  scheduler: VirtualScheduler
  throttle: Throttle
  fired: [number, number][]
  run: (ns: number) => void
} {
  const scheduler = new VirtualScheduler()
  const fired: [number, number][] = []
  const throttle = new Throttle(scheduler, 't', 4, (source) => {
    fired.push([source, scheduler.nowNs()])
    return true
  })
  const run = (ns: number): void => void scheduler.run(() => false, scheduler.nowNs() + ns)
  return { scheduler, throttle, fired, run }
}

describe('Throttle', () => {
  test('the first interrupt goes at once, the next when the interval has passed; requests between are one', () => {
    const { throttle, fired, run } = setUp()
    throttle.interval(1, 2000, true)
    throttle.request(1)
    run(100)
    for (let i = 0; i < 3; i++) throttle.request(1)
    run(10000)
    expect(fired).toEqual([
      [1, 0],
      [1, 2000],
    ])
  })

  test('sources do not hold each other up', () => {
    const { throttle, fired, run } = setUp()
    throttle.interval(0, 50000, true)
    throttle.request(0)
    run(10)
    throttle.request(0)
    throttle.request(2)
    run(100)
    expect(fired.map(([source]) => source)).toEqual([0, 2])
  })

  test('a shorter interval counts from the last interrupt; a restart lets the next through at once', () => {
    const { throttle, fired, run } = setUp()
    throttle.interval(0, 100000, true)
    throttle.request(0)
    run(10)
    throttle.request(0)
    throttle.interval(0, 3000, false)
    run(10000)
    throttle.request(0)
    throttle.interval(0, 100000, true)
    run(10)
    expect(fired.map(([, at]) => at)).toEqual([0, 3000, 3000])
  })

  test('what was not wanted any more does not begin an interval', () => {
    const scheduler = new VirtualScheduler()
    let wanted = false
    let fired = 0
    const throttle = new Throttle(scheduler, 't', 1, () => {
      if (wanted) fired++
      return wanted
    })
    throttle.interval(0, 5000, true)
    throttle.request(0)
    scheduler.run(() => false, 10)
    wanted = true
    throttle.request(0)
    scheduler.run(() => false, 20)
    expect(fired).toBe(1)
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { VirtualScheduler } from './index.js'
import type { Timer } from './index.js'

const never = (): boolean => false

describe('VirtualScheduler', () => {
  test('timers fire by time, then by creation, whatever was armed, moved and cancelled', () => {
    const op = fc.record({
      timer: fc.integer({ min: 0, max: 19 }),
      at: fc.integer({ min: 0, max: 30 }),
      cancel: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(op, { maxLength: 100 }), (ops) => {
        const time = new VirtualScheduler()
        const fired: number[][] = []
        const timers = Array.from({ length: 20 }, (_, i) => time.timer(`t${i}`, () => fired.push([time.nowNs(), i])))
        const model = new Map<number, number>()
        for (const { timer, at, cancel } of ops) {
          if (cancel) {
            timers[timer].cancel()
            model.delete(timer)
          } else {
            timers[timer].arm(at)
            model.set(timer, at)
          }
          expect(timers[timer].deadlineNs).toBe(cancel ? Infinity : at)
        }
        expect(fired).toEqual([])
        expect(time.run(never, 1000)).toBe('idle')
        const expected = [...model].map(([timer, at]) => [at, timer]).sort(([a, i], [b, j]) => a - b || i - j)
        expect(fired).toEqual(expected)
        expect(timers.every((timer) => timer.deadlineNs === Infinity)).toBe(true)
      }),
    )
  })

  test('arming and cancelling from inside a timer keeps the order', () => {
    const op = fc.record({
      timer: fc.integer({ min: 0, max: 7 }),
      after: fc.integer({ min: 0, max: 9 }),
      cancel: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(op, { minLength: 1, maxLength: 60 }), (script) => {
        const time = new VirtualScheduler()
        const model = new Map<number, number>()
        let step = 0
        const act = (): void => {
          for (let i = 0; i < 2 && step < script.length; i++) {
            const { timer, after, cancel } = script[step++]
            const at = time.nowNs() + after
            if (cancel) {
              timers[timer].cancel()
              model.delete(timer)
            } else {
              timers[timer].arm(at)
              model.set(timer, at)
            }
          }
        }
        const timers: Timer[] = Array.from({ length: 8 }, (_, i) =>
          time.timer(`t${i}`, () => {
            const [[next, at]] = [...model].sort(([i, a], [j, b]) => a - b || i - j)
            expect([i, time.nowNs()]).toEqual([next, at])
            model.delete(i)
            act()
          }),
        )
        act()
        time.run(never, 10_000)
        expect(model.size).toBe(0)
      }),
    )
  })

  test('a time in the past fires at once, from the scheduler', () => {
    const time = new VirtualScheduler()
    const at: number[] = []
    const late = time.timer('late', () => at.push(time.nowNs()))
    time
      .timer('first', () => {
        late.arm(3)
        expect(at).toEqual([])
      })
      .arm(10)
    time.run(never, 100)
    expect(at).toEqual([10])
    expect(() => late.arm(NaN)).toThrow(/timer late/)
    expect(() => late.arm(-1)).toThrow(RangeError)
  })

  test('tasks take turns, each once however often it was kicked, and run before time moves', () => {
    const time = new VirtualScheduler()
    const log: string[] = []
    let more = 2
    const a = time.task('a', (budget) => {
      log.push(`a${budget}`)
      return more-- > 0
    })
    const b = time.task('b', () => {
      log.push('b')
      return false
    })
    time.timer('later', () => log.push('later')).arm(1)
    a.kick()
    a.kick()
    b.kick()
    expect(log).toEqual([])
    expect(time.run(never, 10)).toBe('idle')
    expect(log).toEqual(['a64', 'b', 'a64', 'a64', 'later'])
  })

  test('thousands of queued turns run in order', () => {
    const time = new VirtualScheduler()
    const ran: number[] = []
    const tasks = Array.from({ length: 3000 }, (_, i) =>
      time.task(`t${i}`, () => {
        ran.push(i)
        if (i % 100 === 0 && ran.length < 3000) tasks[(i + 1) % 3000].kick()
        return false
      }),
    )
    for (const task of tasks) task.kick()
    time.run(never, 0)
    expect(ran).toEqual(Array.from({ length: 3000 }, (_, i) => i))
  })

  test('a run ends when it is done, at its limit, or with nothing left', () => {
    const time = new VirtualScheduler()
    let ticks = 0
    const tick: Timer = time.timer('tick', () => {
      ticks++
      tick.arm(time.nowNs() + 10)
    })
    tick.arm(10)
    expect([time.run(() => ticks === 3, 1000), time.nowNs()]).toEqual(['done', 30])
    expect([time.run(never, 55), time.nowNs(), ticks]).toEqual(['limit', 55, 5])
    tick.cancel()
    expect([time.run(never, 99), time.nowNs()]).toEqual(['idle', 55])
  })

  test('an instant that does not end is named: tasks that kick each other, a timer that rearms itself', () => {
    const tasks = new VirtualScheduler()
    tasks.task('chip', () => true).kick()
    expect(() => tasks.run(never, 10)).toThrow(/time stands still at 0 ns: chip/)
    const timers = new VirtualScheduler()
    const poll: Timer = timers.timer('poll', () => poll.arm(timers.nowNs()))
    poll.arm(7)
    expect(() => timers.run(never, 10)).toThrow(/time stands still at 7 ns: poll/)
  })
})

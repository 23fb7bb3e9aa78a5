import { afterEach, describe, expect, test, vi } from 'vitest'
import { RealScheduler } from './real-scheduler.js'

const schedulers: RealScheduler[] = []
afterEach(() => {
  for (const scheduler of schedulers.splice(0)) scheduler.stop()
})

function real(): RealScheduler {
  const scheduler = new RealScheduler()
  schedulers.push(scheduler)
  return scheduler
}

const later = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

describe('timers', () => {
  test('fire once, never early, in the order of their deadlines and then of their creation', async () => {
    const scheduler = real()
    const fired: string[] = []
    const late: number[] = []
    const make = (name: string): ReturnType<RealScheduler['timer']> => {
      const timer = scheduler.timer(name, () => {
        fired.push(name)
        late.push(scheduler.nowNs() - at)
        expect(timer.deadlineNs).toBe(Infinity)
      })
      return timer
    }
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(make)
    const at = scheduler.nowNs() + 10e6
    d.arm(at + 5e6)
    c.arm(at)
    b.arm(at)
    a.arm(at + 1)
    a.cancel()
    expect(b.deadlineNs).toBe(at)
    await later(40)
    expect(fired).toEqual(['b', 'c', 'd'])
    for (const ns of late) expect(ns).toBeGreaterThanOrEqual(0)
    expect(Number.isInteger(scheduler.nowNs())).toBe(true)
  })

  test('a handler moves and cancels others that are due with it', async () => {
    const scheduler = real()
    const fired: string[] = []
    const first = scheduler.timer('first', () => {
      fired.push('first')
      second.cancel()
      third.arm(scheduler.nowNs() + 20e6)
    })
    const second = scheduler.timer('second', () => fired.push('second'))
    const third = scheduler.timer('third', () => fired.push('third'))
    for (const timer of [first, second, third]) timer.arm(1)
    expect(fired).toEqual([])
    await later(10)
    expect(fired).toEqual(['first'])
    await later(40)
    expect(fired).toEqual(['first', 'third'])
  })

  test('in microseconds are kept: a burst fires what is due, and what is due soon is not left to the system’s timers', async () => {
    const scheduler = real()
    const system = vi.spyOn(globalThis, 'setTimeout')
    let fired = 0
    const timer = scheduler.timer('short', () => {
      fired++
      if (fired < 20) timer.arm(scheduler.nowNs() + 5000)
    })
    timer.arm(scheduler.nowNs())
    scheduler.burst()
    expect(fired).toBe(1)
    await new Promise<void>((done) => {
      const look = (): void => {
        if (fired === 20) done()
        else setImmediate(look)
      }
      look()
    })
    expect(system).not.toHaveBeenCalled()
    system.mockRestore()
  })

  test('a time that is none is the caller’s mistake', () => {
    expect(() =>
      real()
        .timer('t', () => undefined)
        .arm(NaN),
    ).toThrow(RangeError)
  })
})

describe('tasks', () => {
  test('run from a burst or when the loop is free, never inside the kick', async () => {
    const scheduler = real()
    let runs = 0
    const task = scheduler.task('t', () => {
      runs++
      return false
    })
    task.kick()
    task.kick()
    expect(runs).toBe(0)
    scheduler.burst()
    expect(runs).toBe(1)
    task.kick()
    await later(5)
    expect(runs).toBe(2)
  })

  test('a task without end leaves the loop to others', async () => {
    const scheduler = real()
    let runs = 0
    const endless = scheduler.task('endless', () => {
      runs++
      return true
    })
    endless.kick()
    scheduler.burst()
    const burst = runs
    expect(burst).toBeLessThan(1000)
    await later(5)
    expect(runs).toBeGreaterThan(burst)
    scheduler.stop()
    const stopped = runs
    await later(5)
    expect(runs).toBe(stopped)
  })
})

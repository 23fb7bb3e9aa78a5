import { describe, expect, test } from 'vitest'
import { DeviceTime, restoreState, saveState, VirtualScheduler } from './index.js'

const never = (): boolean => false

/** A device of three tasks and two timers that notes what runs. */
function device(scheduler: VirtualScheduler, name: string) {
  const time = new DeviceTime(scheduler, name)
  const ran: string[] = []
  const note = (what: string): void => void ran.push(`${what} ${time.nowNs()}`)
  const tasks = ['a', 'b', 'c'].map((task) => time.task(`${name}.${task}`, () => (note(task), false)))
  const timers = ['t', 'u'].map((timer) => time.timer(`${name}.${timer}`, () => note(timer)))
  return { time, ran, tasks, timers }
}

function restore(time: DeviceTime, data: unknown): boolean {
  time.hold()
  try {
    restoreState(data, (io) => time.walkState(io))
  } catch {
    time.release(true)
    return false
  }
  time.release(false)
  return true
}

describe('DeviceTime', () => {
  test('another device, where the clock shows less, goes on as the first one would', () => {
    const first = new VirtualScheduler()
    const from = device(first, 'nic')
    first.timer('other', () => undefined).arm(1000)
    first.run(never, 1000)
    from.timers[0].arm(1500)
    from.timers[1].arm(1200)
    from.tasks[2].kick()
    from.tasks[0].kick()
    const data: unknown = JSON.parse(JSON.stringify(saveState((io) => from.time.walkState(io))))
    expect(data).toEqual({ nowNs: 1000, deadlines: { t: 1500, u: 1200 }, runnable: [2, 0] })

    const second = new VirtualScheduler()
    const to = device(second, 'card')
    to.tasks[0].kick()
    to.tasks[1].kick()
    to.timers[0].arm(7)
    expect(restore(to.time, data)).toBe(true)
    expect(saveState((io) => to.time.walkState(io))).toEqual(data)
    expect(to.timers[0].deadlineNs).toBe(1500)
    second.run(never, 1e6)
    expect(to.ran).toEqual(['c 1000', 'a 1000', 'u 1200', 't 1500'])
    expect(second.nowNs()).toBe(500)
    first.run(never, 1e6)
    expect(from.ran).toEqual(to.ran)
  })

  test('what is refused changes nothing, and what happens meanwhile has no effect', () => {
    const scheduler = new VirtualScheduler()
    const to = device(scheduler, 'nic')
    to.tasks[1].kick()
    to.timers[0].arm(30)
    const before = saveState((io) => to.time.walkState(io))
    for (const change of [{ runnable: [3] }, { runnable: [1, 1] }, { nowNs: -1 }, { deadlines: { t: 1 } }])
      expect(restore(to.time, { ...before, ...change })).toBe(false)
    expect(saveState((io) => to.time.walkState(io))).toEqual(before)

    to.time.hold()
    to.tasks[0].kick()
    to.timers[1].arm(1)
    to.timers[0].cancel()
    to.time.release(true)
    scheduler.run(never, 1e6)
    expect(to.ran).toEqual(['b 0', 't 30'])
  })

  test('a task that has more to do, or kicks itself, keeps its place in the line', () => {
    const scheduler = new VirtualScheduler()
    const time = new DeviceTime(scheduler, 'nic')
    const ran: string[] = []
    let left = 2
    const a = time.task('nic.a', () => {
      ran.push('a')
      return --left > 0
    })
    const b = time.task('nic.b', () => {
      if (ran.push('b') < 5) b.kick()
      return false
    })
    a.kick()
    b.kick()
    a.kick()
    scheduler.run(never, 1)
    expect(ran).toEqual(['a', 'b', 'a', 'b', 'b'])
  })
})

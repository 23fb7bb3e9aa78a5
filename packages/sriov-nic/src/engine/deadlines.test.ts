import { VirtualScheduler } from '@npa/core'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Deadlines } from './deadlines.js'

test('each id is told once, at its time, whatever is set, moved and cancelled before', () => {
  const change = fc.record({ id: fc.nat(7), at: fc.integer({ min: 0, max: 50 }), cancel: fc.boolean() })
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      const scheduler = new VirtualScheduler()
      const told: [number, number][] = []
      const deadlines = new Deadlines(scheduler, 'test', 8, (id) => told.push([id, scheduler.nowNs()]))
      const due = new Map<number, number>()
      for (const { id, at, cancel } of changes) {
        if (cancel) {
          deadlines.cancel(id)
          due.delete(id)
        } else {
          deadlines.set(id, at)
          due.set(id, at)
        }
        expect(deadlines.has(id)).toBe(!cancel)
      }
      scheduler.run(() => false, 1000)
      expect(told.map(([id, at]) => `${id} ${at}`).sort()).toEqual([...due].map(([id, at]) => `${id} ${at}`).sort())
    }),
  )
})

test('an id may be set again from within, and one that was cleared is told nothing', () => {
  const scheduler = new VirtualScheduler()
  const told: number[] = []
  const deadlines = new Deadlines(scheduler, 'test', 2, (id) => {
    told.push(scheduler.nowNs())
    if (told.length < 3) deadlines.set(id, scheduler.nowNs() + 10)
  })
  deadlines.set(1, 5)
  scheduler.run(() => false, 1000)
  expect(told).toEqual([5, 15, 25])
  deadlines.set(0, 2000)
  deadlines.clear()
  expect(scheduler.run(() => false, 5000)).toBe('idle')
  expect(told.length).toBe(3)
})

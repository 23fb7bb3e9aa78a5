import { describe, expect, test } from 'vitest'
import { explore } from './testing/weak-memory.js'
import type { Step } from './testing/weak-memory.js'

const FILLED = 0
const SEQUENCE = 1
const WAITERS = 2

/** The steps of a `commit` and `Doorbell.ring`. */
function ringer(publish: 'sync' | 'release'): Step[] {
  return [
    (memory) => {
      if (publish === 'sync') memory.sync(FILLED, 1)
      else memory.release(FILLED, 1)
      return 1
    },
    (memory) => (memory.load(WAITERS) === 0 ? -1 : 2),
    (memory) => {
      memory.add(SEQUENCE, 1)
      return -1
    },
  ]
}

/** The steps of `Doorbell.until`; asleep is a step that goes on when the sequence has moved, as a ring moves it before it notifies. */
function waiter(lookAgain: boolean): Step[] {
  return [
    (memory) => {
      memory.add(WAITERS, 1)
      return 1
    },
    (memory, own) => {
      own[0] = memory.load(SEQUENCE)
      return lookAgain ? 2 : 3
    },
    (memory) => (memory.load(FILLED) === 1 ? 4 : 3),
    (memory, own) => (memory.load(SEQUENCE) === own[0] ? 3 : 4),
    (memory) => {
      memory.add(WAITERS, -1)
      return memory.load(FILLED) === 1 ? -1 : 0
    },
  ]
}

describe('a doorbell, in every execution', () => {
  test('no wake-up is lost, with one that waits and with two', () => {
    expect(explore([0, 0, 0], [ringer('sync'), waiter(true)], 1)).toBeGreaterThan(10)
    expect(explore([0, 0, 0], [ringer('sync'), waiter(true), waiter(true)], 1)).toBeGreaterThan(50)
  })

  test('without the second look one is', () => {
    expect(() => explore([0, 0, 0], [ringer('sync'), waiter(false)], 1)).toThrow('threads wait for ever')
  })

  test('with a store that later loads may overtake one is: Atomics.store is needed, a release is not enough', () => {
    expect(() => explore([0, 0, 0], [ringer('release'), waiter(true)], 1)).toThrow('threads wait for ever')
  })
})

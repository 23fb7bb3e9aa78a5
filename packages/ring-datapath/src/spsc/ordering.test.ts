import { describe, expect, test } from 'vitest'
import { explore } from '../testing/weak-memory.js'
import type { Step, ThreadView } from '../testing/weak-memory.js'

/** The ring in words: two records of two words, then the indices. */
const CAPACITY = 2
const TAIL = 4
const HEAD = 5
const RECORDS = 4

type Publish = 'release' | 'store'

/** The steps of `Producer`: look at the head, write a word at a time, publish the tail. Registers: own tail, word. */
function producer(publish: Publish): Step[] {
  return [
    (memory, own) => {
      if (own[0] === RECORDS) return -1
      return own[0] - memory.load(HEAD) < CAPACITY ? 1 : 0
    },
    (memory, own) => {
      memory.store((own[0] % CAPACITY) * 2 + own[1], valueOf(own[0], own[1]))
      own[1]++
      return own[1] < 2 ? 1 : 2
    },
    (memory, own) => {
      own[0]++
      own[1] = 0
      put(memory, publish, TAIL, own[0])
      return 0
    },
  ]
}

/** The steps of `Consumer`: look at the tail, read both words, publish the head; what was read is looked at last. Registers: own head, words. */
function consumer(publish: Publish): Step[] {
  return [
    (memory, own) => {
      if (own[0] === RECORDS) return -1
      return memory.load(TAIL) > own[0] ? 1 : 0
    },
    (memory, own) => {
      for (const word of [0, 1]) memory.late((own[0] % CAPACITY) * 2 + word, 1 + word)
      return 2
    },
    (memory, own) => {
      own[0]++
      put(memory, publish, HEAD, own[0])
      return 3
    },
    (memory, own) => {
      memory.settle()
      for (const word of [0, 1])
        if (own[1 + word] !== valueOf(own[0] - 1, word))
          throw new Error(`record ${own[0] - 1} word ${word} is ${own[1 + word]}`)
      return 0
    },
  ]
}

function put(memory: ThreadView, publish: Publish, address: number, value: number): void {
  if (publish === 'release') memory.release(address, value)
  else memory.store(address, value)
}

function valueOf(record: number, word: number): number {
  return 10 * (record + 1) + word
}

describe('the order of the words of a ring, in every execution', () => {
  const memory = new Array<number>(6).fill(0)

  test('with the indices released after the records, every record is read as it was written', () => {
    expect(explore(memory, [producer('release'), consumer('release')], 3)).toBeGreaterThan(100)
  })

  test('with a plain store of the tail there is an execution that reads a record before it is written', () => {
    expect(() => explore(memory, [producer('store'), consumer('release')], 3)).toThrow(/^record \d word \d is/)
  })

  test('with a plain store of the head there is one that reads a record after it was overwritten', () => {
    expect(() => explore(memory, [producer('release'), consumer('store')], 3)).toThrow(/^record \d word \d is/)
  })
})

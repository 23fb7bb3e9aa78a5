import { describe, expect, test } from 'vitest'
import { explore } from '../testing/weak-memory.js'
import type { Step, ThreadView } from '../testing/weak-memory.js'

type Publish = 'release' | 'store'

function put(memory: ThreadView, publish: Publish, address: number, value: number): void {
  if (publish === 'release') memory.release(address, value)
  else memory.store(address, value)
}

function expectSame(found: number, wanted: number): void {
  if (found !== wanted) throw new Error(`a descriptor says ${found}, not ${wanted}`)
}

const FRAMES = 3

describe('head and tail with DD, one descriptor that is used again and again', () => {
  const BODY = 0
  const DONE = 1
  const TAIL = 2

  /** `HeadTailDriver`: writes the descriptor, moves the tail, waits for DD. Register: frames sent. */
  function driver(tail: Publish): Step[] {
    return [
      (memory, own) => {
        if (own[0] === FRAMES) return -1
        memory.store(BODY, own[0] + 10)
        memory.store(DONE, 0)
        own[0]++
        put(memory, tail, TAIL, own[0])
        return 1
      },
      (memory) => (memory.load(DONE) === 1 ? 0 : 1),
    ]
  }

  /** `HeadTailDevice`: waits for the tail, reads the descriptor, writes DD back. Registers: frames fetched, what was read. */
  function device(done: Publish): Step[] {
    return [
      (memory, own) => {
        if (own[0] === FRAMES) return -1
        return memory.load(TAIL) > own[0] ? 1 : 0
      },
      (memory, own) => {
        memory.late(BODY, 1)
        own[0]++
        put(memory, done, DONE, 1)
        return 2
      },
      (memory, own) => {
        memory.settle()
        expectSame(own[1], own[0] + 9)
        return 0
      },
    ]
  }

  test('holds with both stores ordered', () => {
    expect(explore([0, 0, 0], [driver('release'), device('release')], 2)).toBeGreaterThan(30)
  })

  test('fails without the order of the tail, or of DD', () => {
    expect(() => explore([0, 0, 0], [driver('store'), device('release')], 2)).toThrow(/^a descriptor says/)
    expect(() => explore([0, 0, 0], [driver('release'), device('store')], 2)).toThrow(/^a descriptor says/)
  })
})

describe('write-back in bursts and generation bits: two descriptors, published by the first one', () => {
  /** Body and own word of each. */
  const OWN = [1, 3]

  /** The first own word last, ordered; or plain; or ordered, but before the others. */
  function writer(first: 'last' | 'plain' | 'early'): Step[] {
    return [
      (memory) => {
        memory.store(0, 10)
        if (first === 'early') memory.release(OWN[0], 1)
        memory.store(2, 11)
        memory.store(OWN[1], 1)
        if (first !== 'early') put(memory, first === 'last' ? 'release' : 'store', OWN[0], 1)
        return -1
      },
    ]
  }

  /** Loads own words in turn, then the body. Registers: next descriptor, what was read. */
  const reader: Step[] = [
    (memory, own) => (memory.load(OWN[own[0]]) === 1 ? 1 : 0),
    (memory, own) => {
      memory.late(own[0] * 2, 1)
      return 2
    },
    (memory, own) => {
      memory.settle()
      expectSame(own[1], 10 + own[0])
      return ++own[0] === 2 ? -1 : 0
    },
  ]

  test('holds with the first own word last and ordered', () => {
    expect(explore([0, 0, 0, 0], [writer('last'), reader], 2)).toBeGreaterThan(15)
  })

  test('fails with a plain store, and with an ordered one that is not the last', () => {
    expect(() => explore([0, 0, 0, 0], [writer('plain'), reader], 2)).toThrow(/^a descriptor says/)
    expect(() => explore([0, 0, 0, 0], [writer('early'), reader], 2)).toThrow(/^a descriptor says/)
  })
})

describe('page-chained: two pages of one descriptor and a link', () => {
  const LINKS = [1, 3]
  const PRODUCED = 4
  const CONSUMED = 5

  /** Links first, then each descriptor and the position; a descriptor is free when the reader's position has passed it. */
  function writer(publish: Publish): Step[] {
    return [
      (memory) => {
        memory.store(LINKS[0], 2)
        memory.store(LINKS[1], 20)
        return 1
      },
      (memory, own) => {
        if (own[0] === FRAMES) return -1
        return own[0] - memory.load(CONSUMED) < 2 ? 2 : 1
      },
      (memory, own) => {
        memory.store((own[0] % 2) * 2, own[0] + 10)
        own[0]++
        put(memory, publish, PRODUCED, own[0])
        return 1
      },
    ]
  }

  /** Registers: position, what was read, the link, this page. */
  const reader: Step[] = [
    (memory, own) => {
      if (own[0] === FRAMES) return -1
      return memory.load(PRODUCED) > own[0] ? 1 : 0
    },
    (memory, own) => {
      memory.late(own[3], 1)
      memory.late(own[3] + 1, 2)
      own[0]++
      memory.release(CONSUMED, own[0])
      return 2
    },
    (memory, own) => {
      memory.settle()
      expectSame(own[1], own[0] + 9)
      if (own[2] === 0) throw new Error('a link that leads nowhere')
      own[3] = own[2] % 20
      return 0
    },
  ]

  test('holds with the position ordered, fails without', () => {
    const memory = new Array<number>(6).fill(0)
    expect(explore(memory, [writer('release'), reader], 4)).toBeGreaterThan(30)
    expect(() => explore(memory, [writer('store'), reader], 4)).toThrow()
  })
})

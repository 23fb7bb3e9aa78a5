import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { API_MAJOR, API_MINOR, apiCompatible } from './version.js'
import {
  layOutWindow,
  MAX_QUEUES,
  Queue,
  RecvFrame,
  SendInfo,
  SgList,
  State,
  STATE_MAGIC,
  windowBytes,
} from './window.js'
import type { WindowRequest } from './window.js'

const ring = fc.record({
  size: fc.integer({ min: 1, max: 4096 }),
  bytes: fc.integer({ min: 16, max: 65536 }),
  interrupt: fc.nat(7),
})
const request: fc.Arbitrary<WindowRequest> = fc.record({
  tx: fc.array(ring, { minLength: 1, maxLength: MAX_QUEUES }),
  rx: fc.array(ring, { minLength: 1, maxLength: MAX_QUEUES }),
  interrupts: fc.integer({ min: 1, max: 8 }),
  sharedBytes: fc.nat(2000),
  privateBytes: fc.nat(5000),
  maxFrame: fc.constant(1518),
})

interface Region {
  readonly at: number
  readonly bytes: number
}

function regions(window: Int32Array, wanted: WindowRequest): Region[] {
  const queue = (record: number): Region => ({
    at: window[record + Queue.ringOffset],
    bytes: window[record + Queue.ringBytes],
  })
  return [
    { at: 0, bytes: State.words * 4 },
    { at: window[State.sendInfoOffset], bytes: SendInfo.words * 4 },
    { at: window[State.sgListOffset], bytes: SgList.words * 4 },
    { at: window[State.recvFrameOffset], bytes: RecvFrame.words * 4 },
    { at: window[State.sharedOffset], bytes: wanted.sharedBytes },
    { at: window[State.privateOffset], bytes: wanted.privateBytes },
    ...wanted.tx.map((_, i) => queue(State.txQueue + i * Queue.words)),
    ...wanted.rx.map((_, i) => queue(State.rxQueue + i * Queue.words)),
  ].filter(({ bytes }) => bytes > 0)
}

describe('plugin window', () => {
  test('its regions lie inside it and apart from each other, and every ring has the address of its place', () => {
    fc.assert(
      fc.property(request, fc.nat(0xffffffff), fc.nat(1000), (wanted, low, hi) => {
        const lo = (low & ~4095) >>> 0
        const window = new Int32Array(windowBytes(wanted) / 4).fill(-1)
        layOutWindow(window, lo, hi, wanted)
        const sorted = regions(window, wanted).sort((a, b) => a.at - b.at)
        sorted.forEach(({ at, bytes }, i) => {
          expect(at % 4).toBe(0)
          expect(at + bytes).toBeLessThanOrEqual(sorted[i + 1]?.at ?? window.length * 4)
        })
        for (const [first, rings] of [
          [State.txQueue, wanted.tx],
          [State.rxQueue, wanted.rx],
        ] as const) {
          rings.forEach((one, i) => {
            const record = first + i * Queue.words
            const address = hi * 2 ** 32 + lo + window[record + Queue.ringOffset]
            expect((window[record + Queue.ringHi] >>> 0) * 2 ** 32 + (window[record + Queue.ringLo] >>> 0)).toBe(
              address,
            )
            expect(window[record + Queue.ringSize]).toBe(one.size)
            expect(window[record + Queue.interrupt]).toBe(one.interrupt)
            expect(window[record + Queue.ringOffset] % 4096).toBe(0)
          })
        }
      }),
    )
  })

  test('says what it is and for which version of the contract', () => {
    const wanted = { tx: [], rx: [], interrupts: 1, sharedBytes: 0, privateBytes: 0, maxFrame: 1518 }
    const window = new Int32Array(windowBytes(wanted) / 4)
    layOutWindow(window, 0, 0, wanted)
    expect(window[State.magic]).toBe(STATE_MAGIC)
    expect(window[State.apiVersion]).toBe((API_MAJOR << 16) | API_MINOR)
    expect(Buffer.from(window.buffer, 0, 4).toString()).toBe('NPAS')
  })

  test('is refused when it is too small, or for too many queues', () => {
    const one = { size: 32, bytes: 512, interrupt: 0 }
    const wanted = { tx: [one], rx: [one], interrupts: 1, sharedBytes: 0, privateBytes: 0, maxFrame: 1518 }
    expect(() => layOutWindow(new Int32Array(windowBytes(wanted) / 4 - 1), 0, 0, wanted)).toThrow(RangeError)
    const many = { ...wanted, tx: Array.from({ length: MAX_QUEUES + 1 }, () => one) }
    expect(() => layOutWindow(new Int32Array(windowBytes(many) / 4), 0, 0, many)).toThrow(RangeError)
  })

  test('the queue records of one kind end before the next begin', () => {
    expect(State.txQueue + MAX_QUEUES * Queue.words).toBeLessThanOrEqual(State.rxQueue)
    expect(State.rxQueue + MAX_QUEUES * Queue.words).toBeLessThanOrEqual(State.words)
    expect(State.deviceInfo + 32).toBeLessThanOrEqual(State.txQueue)
  })
})

test('a shell runs plugins of its own major version and of minor versions up to its own', () => {
  expect(apiCompatible(API_MAJOR, API_MINOR)).toBe(true)
  expect(apiCompatible(API_MAJOR, API_MINOR + 1)).toBe(false)
  expect(apiCompatible(API_MAJOR + 1, 0)).toBe(false)
  expect(apiCompatible(API_MAJOR, -1)).toBe(false)
})

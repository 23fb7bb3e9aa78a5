import { expect, test } from 'vitest'
import { defaultTcp } from '../settings.js'
import { newTcb } from './new-tcb.js'
import { measured, timeout } from './rto.js'

const ms = 1e6

function block(): ReturnType<typeof newTcb> {
  return newTcb(true, 1, 2, 3, 4, defaultTcp)
}

test('the estimate follows RFC 6298, 2.2 and 2.3', () => {
  const t = block()
  const settings = { ...defaultTcp, minRtoNs: 0 }
  expect(timeout(t, settings)).toBe(1000 * ms)
  measured(t, 100 * ms, settings)
  expect([t.srttNs, t.rttvarNs, t.rtoNs]).toEqual([100 * ms, 50 * ms, 300 * ms])
  measured(t, 120 * ms, settings)
  expect([t.srttNs, t.rttvarNs, t.rtoNs]).toEqual([102.5 * ms, 42.5 * ms, 272.5 * ms])
  measured(t, 60 * ms, settings)
  // rttvar = 42.5 * 3/4 + 42.5 / 4; srtt = 102.5 * 7/8 + 60 / 8
  expect([t.srttNs, t.rttvarNs, t.rtoNs]).toEqual([97.1875 * ms, 42.5 * ms, 267.1875 * ms])
})

test('it stays between the limits, and the back-off doubles it until the next measurement', () => {
  const t = block()
  measured(t, 1 * ms, defaultTcp)
  expect(timeout(t, defaultTcp)).toBe(1000 * ms)
  t.backoff = 3
  expect(timeout(t, defaultTcp)).toBe(8000 * ms)
  t.backoff = 30
  expect(timeout(t, defaultTcp)).toBe(60_000 * ms)
  measured(t, 1 * ms, defaultTcp)
  expect(timeout(t, defaultTcp)).toBe(1000 * ms)
  measured(t, 100_000 * ms, defaultTcp)
  expect(timeout(t, defaultTcp)).toBe(60_000 * ms)
})

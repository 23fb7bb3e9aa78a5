import { expect, test } from 'vitest'
import type { Row } from './row.js'
import { steadiness, table } from './table.js'

const row = (variant: string, spreads: Row['spreads']): Row => ({
  case: 'copy',
  variant,
  batch: 32,
  bytes: 64,
  opsPerSecond: 1,
  gbitPerSecond: 1,
  ratios: {},
  spreads,
})

test('the ratio about which the rounds agree least is told, by proportion', () => {
  const rows = [row('a', { c: [1, 1.5], rte_ring: [0.1, 0.2] }), row('b', { c: [3, 4] })]
  expect(steadiness(rows)).toMatch(/ copy, batch 32, 64 bytes: a to rte_ring, 0\.100 to 0\.200\.\n$/)
})

test('slow and fast things have the same number of digits', () => {
  const slow = { ...row('slow', {}), opsPerSecond: 7412 }
  const fast = { ...row('fast', {}), opsPerSecond: 102_978_548 }
  expect(table([slow, fast], false)).toMatch(/ 0\.00741 [^]* 103 /)
})

test('nothing is told where nothing was compared', () => {
  expect(steadiness([row('a', {})])).toBe('')
})

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { plot } from './plot.js'
import { judged } from './row.js'

test('a chart is an SVG with a panel for each thing that is compared with, and its data beside it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'npa-plot-'))
  const file = join(folder, 'ring.svg')
  const row = {
    case: 'ring',
    variant: 'JavaScript',
    batch: 32,
    bytes: 16,
    opsPerSecond: 1,
    gbitPerSecond: 1,
    spreads: {},
  }
  const rows = [
    { ...row, ratios: { c: 0.5, rte_ring: 0.7 }, ...judged(0.5, { must: 0.4, stretch: 0.55 }) },
    { ...row, ratios: { rte_ring: 0.7 }, ...judged(0.7, { must: 0.6 }) },
  ]
  await plot({ suite: 'ring', node: '20', rounds: 5, seconds: 1, machine: 'one', rows }, file)
  const svg = readFileSync(file, 'utf8')
  for (const text of ['<svg', 'to c', 'to rte_ring', 'ring, batch 32, 16 bytes: JavaScript'])
    expect(svg).toContain(text)
  const { data } = JSON.parse(readFileSync(`${file}.json`, 'utf8')) as { data: { values: unknown[] } }
  // A bar each: two of the same would stand on each other, twice as long.
  expect(data.values).toMatchObject([
    { ratio: 0.5, must: 0.4, stretch: 0.55 },
    { ratio: 0.7, must: 0.6 },
  ])
  rmSync(folder, { recursive: true })
})

import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import type { Report } from '../report/row.js'

const BUILT = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

/** What the built program measures: its threads are those of the built packages. */
function measured(only: string): Report {
  if (!existsSync(BUILT))
    throw new Error('apps/benchmark/dist/main.js is not there: run npm run build (npx tsc -b) first')
  const folder = mkdtempSync(join(tmpdir(), 'npa-bench-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const json = join(folder, 'path.json')
  const options = ['--rounds', '2', '--seconds', '0.05', '--case', only, '--json', json]
  execFileSync(process.execPath, [BUILT, 'path', ...options], { stdio: ['ignore', 'ignore', 'pipe'] })
  return JSON.parse(readFileSync(json, 'utf8')) as Report
}

test('frames go on both paths, as whole runs that the oracle passes, and a row says what each took', () => {
  const report = measured('TCP')
  expect(report).toMatchObject({ suite: 'path', node: process.versions.node, rounds: 2 })
  expect(report.rows.map(({ variant }) => variant)).toEqual(['emulated', 'passthrough'])
  for (const row of report.rows) {
    expect(row).toMatchObject({ case: 'guest to guest, TCP', batch: 1, bytes: 1514 })
    expect(row.opsPerSecond).toBeGreaterThan(0)
    expect(row.gbitPerSecond).toBeGreaterThan(0)
    const { guest, host, nic } = row.cpuMsPerGbit ?? { guest: 0, host: 0, nic: 0 }
    for (const ms of [guest, host, nic]) expect(ms).toBeGreaterThan(0)
  }
  const [emulated, passthrough] = report.rows
  expect(emulated.ratios).toEqual({})
  expect(Object.keys(passthrough.ratios)).toEqual(['emulated, CPU', 'emulated, frames'])
  // the host has nothing to do with a frame in passthrough: no matter of speed
  expect(passthrough.cpuMsPerGbit?.host).toBeLessThan(emulated.cpuMsPerGbit?.host ?? 0)
}, 600_000)

const installed = spawnSync('pkg-config', ['--exists', 'libdpdk']).status === 0

test.skipIf(!installed)(
  'memif stands beside them where libdpdk is installed',
  () => {
    const { rows } = measured('no stack')
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({ variant: 'DPDK memif', batch: 32, bytes: 1500, ratios: {} })
    expect(rows[0].opsPerSecond).toBeGreaterThan(0)
    expect(rows[0].cpuMsPerGbit?.guest).toBeGreaterThan(0)
  },
  120_000,
)

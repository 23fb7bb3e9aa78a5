import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const BUILT = fileURLToPath(new URL('../dist/main.js', import.meta.url))

interface Done {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

function run(...args: string[]): Done {
  return runWith({}, ...args)
}

function runWith(environment: NodeJS.ProcessEnv, ...args: string[]): Done {
  if (!existsSync(BUILT))
    throw new Error('apps/benchmark/dist/main.js is not there: run npm run build (npx tsc -b) first')
  return spawnSync(process.execPath, [BUILT, ...args], { encoding: 'utf8', env: { ...process.env, ...environment } })
}

test.each([
  [['rings'], 'There are: nic, path, ring.'],
  [['ring', '--rounds', '0'], 'A whole number from 1 to 1000 is expected.'],
  [['ring', '--seconds', '-1'], 'Seconds are expected, up to 60.'],
  [['ring', '--json', join('no-such-folder', 'ring.json')], 'It cannot be written: ENOENT.'],
  [['ring', '--plot', tmpdir()], 'It cannot be written: EISDIR.'],
])('%j is one clear error, before anything is measured', (args, said) => {
  const { status, stdout, stderr } = run(...args)
  expect(status).toBe(2)
  expect(stdout).toBe('')
  expect(stderr).toContain(said)
  expect(stderr.trim().split('\n')).toHaveLength(1)
})

test.each([
  ['nic', 'VF to wire, 1 VFs, 1500 bytes'],
  ['path', 'guest to guest, TCP'],
  ['ring', 'device loop, batch 32, 1500 bytes'],
])('who asks %s for a case that it does not have is told those that it has', (suite, title) => {
  const { status, stderr } = run(suite, '--case', 'no such case')
  expect(status).toBe(2)
  expect(stderr.split('\n')).toContain(`  ${title}`)
})

test('a file that stands there is as it was when nothing was measured', () => {
  const folder = mkdtempSync(join(tmpdir(), 'npa-bench-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const [there, fresh] = [join(folder, 'there.json'), join(folder, 'fresh.svg')]
  writeFileSync(there, 'kept')
  expect(run('ring', '--json', there, '--plot', fresh, '--case', 'no such case').status).toBe(2)
  expect(readFileSync(there, 'utf8')).toBe('kept')
  expect(existsSync(fresh)).toBe(false)
})

test('a case of nic is measured in a process of its own, and its row is written', () => {
  const folder = mkdtempSync(join(tmpdir(), 'npa-bench-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'nic.json')
  const { stdout } = run('nic', '--case', '2 VFs, 64 bytes', '--rounds', '1', '--seconds', '0.01', '--json', file)
  expect(stdout).toContain('VF to VF')
  const { rows } = JSON.parse(readFileSync(file, 'utf8')) as { rows: Record<string, number>[] }
  expect(rows).toHaveLength(1)
  expect(rows[0]).toMatchObject({ case: 'VF to VF', variant: '2 VFs', batch: 32, bytes: 64 })
  expect(rows[0]['gbitPerSecond']).toBeCloseTo((rows[0]['opsPerSecond'] * 64 * 8) / 1e9, 6)
})

test.each([
  ['exit 1', 'Command failed: cc'],
  ['kill -9 $PPID', 'its process has ended: SIGKILL'],
])('a case that cannot be measured, its compiler does %s, is one clear error', (does, why) => {
  const folder = mkdtempSync(join(tmpdir(), 'npa-bench-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'cc'), `#!/bin/sh\n[ "$1" = --version ] || ${does}\n`, { mode: 0o755 })
  const path = `${folder}:${process.env['PATH'] ?? ''}`
  const { status, stdout, stderr } = runWith({ PATH: path }, 'nic', '--case', '2 VFs, 64 bytes')
  expect([status, stdout]).toEqual([3, ''])
  const [began, told] = stderr.trim().split('\n')
  expect(began).toContain('VF to VF, 2 VFs, 64 bytes')
  expect(told).toContain(`npa-bench: VF to VF, 2 VFs, 64 bytes: ${why}`)
})

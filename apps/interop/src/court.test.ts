import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Assets } from './assets.js'
import { driverCases, STREAM_SECONDS } from './cases.js'
import { Court } from './court.js'
import { Screen } from './report/screen.js'

/** The discard port, where nobody listens. */
const NOBODY = 'http://127.0.0.1:9/debian'

let folder: string

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'npa-court-'))
  vi.stubEnv('NPA_DEBIAN_MIRROR', NOBODY)
})

afterEach(() => {
  vi.unstubAllEnvs()
  fs.rmSync(folder, { recursive: true })
})

test('what cannot be fetched is not run, row by row and with the reason, and nothing stays in the cache', async () => {
  const said: string[] = []
  const screen = new Screen()
  vi.spyOn(screen, 'row').mockImplementation((row) => void said.push(row.result))
  const cache = path.join(folder, 'cache')
  const court = new Court(new Assets(cache, () => undefined), screen, folder, undefined, new AbortController().signal)
  const [one] = driverCases(STREAM_SECONDS)
  await court.judge(one, '6.1')
  const asked = one.groups.reduce((sum, { setup, checks }) => sum + setup.length + checks.length, 0)
  expect(court.rows.length).toBe(asked * one.devices.length)
  for (const row of court.rows) {
    expect(Object.keys(row).sort()).toEqual(['check', 'detail', 'device', 'driver', 'kernel', 'result'])
    expect([row.driver, row.kernel, row.result]).toEqual([one.driver, '6.1', 'not run'])
    expect(row.detail).toContain('no QEMU: ')
  }
  expect(said).toEqual(court.rows.map(({ result }) => result))
  expect(fs.existsSync(cache) ? fs.readdirSync(cache) : []).toEqual([])
}, 120_000)

test('a kernel that did not come up has said nothing, and is not praised for it', async () => {
  const assets = new Assets(path.join(folder, 'cache'), () => undefined)
  vi.spyOn(assets, 'qemu').mockResolvedValue('/bin/false')
  vi.spyOn(assets, 'bootFiles').mockResolvedValue({ kernel: '/dev/null', initrd: '/dev/null' })
  const screen = new Screen()
  for (const way of ['row', 'step', 'line'] as const) vi.spyOn(screen, way).mockImplementation(() => undefined)
  const court = new Court(assets, screen, folder, undefined, new AbortController().signal)
  const [one] = driverCases(STREAM_SECONDS)
  const [group] = one.groups
  await court.judge({ ...one, groups: [{ ...group, checks: group.checks.slice(0, 1) }] }, '6.1')
  expect(court.rows.filter(({ result }) => result !== 'not run')).toEqual([])
  expect(court.rows.filter(({ check }) => check === 'kernel log').map(({ device }) => device)).toEqual(
    one.devices.map(({ name }) => name),
  )
}, 120_000)

test('an interrupted run ends the guest, and every row that it did not come to is not run', async () => {
  const qemu = path.join(folder, 'qemu')
  fs.writeFileSync(qemu, `#!/bin/sh\necho $$ >> ${folder}/pids\nexec sleep 600\n`, { mode: 0o755 })
  const assets = new Assets(path.join(folder, 'cache'), () => undefined)
  vi.spyOn(assets, 'qemu').mockResolvedValue(qemu)
  vi.spyOn(assets, 'bootFiles').mockResolvedValue({ kernel: '/dev/null', initrd: '/dev/null' })
  const screen = new Screen()
  for (const way of ['row', 'step', 'line'] as const) vi.spyOn(screen, way).mockImplementation(() => undefined)
  const abort = new AbortController()
  const court = new Court(assets, screen, folder, undefined, abort.signal)
  const [one] = driverCases(STREAM_SECONDS)
  const judged = court.judge(one, '6.1')
  const pids = path.join(folder, 'pids')
  while (!fs.existsSync(pids) || fs.readFileSync(pids, 'utf8') === '')
    await new Promise((later) => setTimeout(later, 5))
  abort.abort()
  await judged
  const asked = one.groups.reduce((sum, { setup, checks }) => sum + setup.length + checks.length, 0)
  // And the kernel's log.
  expect(court.rows.length).toBe((asked + 1) * one.devices.length)
  for (const { result, detail } of court.rows) expect([result, detail]).toEqual(['not run', 'interrupted'])
  const started = fs.readFileSync(pids, 'utf8').trim().split('\n')
  expect(started.length).toBe(1)
  expect(fs.existsSync(`/proc/${started[0]}`)).toBe(false)
}, 60_000)

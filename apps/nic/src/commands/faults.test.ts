import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { emptyFolder, npaNic, start } from '../testing/command.js'
import { standIn } from '../testing/stand-in.js'

test('its user ends it while a guest starts: QEMU and all files are gone', async () => {
  const temporary = emptyFolder()
  vi.stubEnv('TMPDIR', temporary)
  onTestFinished(() => void vi.unstubAllEnvs())
  const { cache, started } = standIn()
  const here = new Set(readdirSync(temporary))
  const { code, interrupt } = start('faults', '--cache', cache)
  const pid = await started()
  interrupt()
  expect(await code).toBe(130)
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  expect(readdirSync(temporary).filter((name) => !here.has(name))).toEqual([])
})

test('a table that cannot be written is told before any guest starts, one of a run before stays', async () => {
  const { cache, started } = standIn()
  expect(await npaNic('faults', '--cache', cache, '--markdown', join(cache, 'none/x.md'))).toEqual({
    ...{ code: 2, stdout: '' },
    stderr: `npa-nic: --markdown ${join(cache, 'none/x.md')}: cannot be written: there is no such file or folder\n`,
  })
  const file = join(cache, 'faults.md')
  writeFileSync(file, 'rows')
  const { code, interrupt } = start('faults', '--cache', cache, '--markdown', file)
  await started()
  interrupt()
  await code
  expect(readFileSync(file, 'utf8')).toBe('rows')
})

import { expect, test } from 'vitest'
import { npaNic, start } from '../testing/command.js'
import { served } from '../testing/served.js'
import { standIn } from '../testing/stand-in.js'

test('a guest with one function comes after it is enabled, and takes one that is handed', async () => {
  const { folder } = await served('--model', 'intel-82599', '--vfs', '2', '--hand', '1')
  const early = await npaNic('boot', folder, '--guest', 'vf1')
  expect(early).toMatchObject({
    code: 2,
    stderr: `npa-nic: --guest vf1: it is not enabled yet: boot the guest with the physical function first, npa-nic boot ${folder} --stay\n`,
  })
  const other = await npaNic('boot', folder, '--guest', 'vf0')
  expect(other).toMatchObject({
    code: 2,
    stderr: 'npa-nic: --guest vf0: no guest of its own has this function: there are vf1\n',
  })
})

test('of a card whose functions are all of one guest there is none', async () => {
  const { folder } = await served('--model', 'intel-82599', '--vfs', '1')
  expect((await npaNic('boot', folder, '--guest', 'vf0')).stderr).toContain('none has: serve with --hand NUMBER')
})

test('its user ends it while the guest starts: it comes to its end, and QEMU is gone', async () => {
  const { folder } = await served('--model', 'intel-82599', '--vfs', '1')
  const { cache, qemu, started } = standIn()
  const { code, stderr, interrupt } = start('boot', folder, '--cache', cache, '--qemu', qemu)
  const pid = await started()
  interrupt()
  expect(await code).toBe(2)
  expect(stderr.text).toBe('npa-nic: ended by a signal\n')
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
})

test('a script that is not there is told before the guest starts', async () => {
  const { folder } = await served('--model', 'intel-82599', '--vfs', '1')
  const { cache, qemu } = standIn()
  expect(await npaNic('boot', folder, '--cache', cache, '--qemu', qemu, '--run', '/nowhere.sh')).toEqual({
    ...{ code: 2, stdout: '', stderr: 'npa-nic: --run /nowhere.sh: cannot be read\n' },
  })
})

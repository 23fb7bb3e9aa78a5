import { expect, test } from 'vitest'
import { npaNic } from './testing/command.js'

test('its version, for who reports a fault', async () => {
  expect(await npaNic('--version')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
  })
})

test.each([
  [[], 'expected a command: serve, ctl, trace, boot, faults, interop, doctor; npa-nic --help says more'],
  [['serve'], "required option '--model <name>' not specified; npa-nic serve --help has examples"],
  [['boot'], "missing required argument 'folder'; npa-nic boot --help has examples"],
  [['boot', '/nowhere', '--ping', 'far'], 'Expected an IPv4 address such as 192.168.77.1.'],
  [['boot', '/nowhere', '--guest', 'vf1'], 'no card is served here'],
  [['faults', '--only', 'fire'], "--only fire: no fault's words contain it: there are link-down function=pf, "],
])('%j: one line that says what to do, exit code 2', async (words, why) => {
  const { code, stdout, stderr } = await npaNic(...words)
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  expect(stderr).toMatch(/^npa-nic: [^\n]+\n$/)
  expect(stderr).toContain(why)
})

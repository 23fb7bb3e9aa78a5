import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Installed, NotRun } from './installed.mjs'

function installed() {
  const home = mkdtempSync(join(tmpdir(), 'npa-proof-test-'))
  onTestFinished(() => rmSync(home, { recursive: true }))
  return new Installed(home, home)
}

/** A command that says this on its two outputs and ends with this code. */
const ending = (code, out, error) => installed().shell(`sh -c 'echo "${out}"; echo "${error}" >&2; exit ${code}'`)

test('what ended well is what it said', async () => {
  expect(await ending(0, 'pinging', '').done()).toBe('pinging\n')
})

test('what something is missing for was not run; anything else has failed, with all it said', async () => {
  const missing = await ending(2, '', 'no QEMU; npa-nic doctor says what is missing')
    .done()
    .catch((error) => error)
  expect(missing).toBeInstanceOf(NotRun)
  const failed = await ending(1, 'up', 'no answer')
    .done()
    .catch((error) => error)
  expect(failed).not.toBeInstanceOf(NotRun)
  expect(failed.message).toMatch(/has ended with 1\nup\nno answer/)
  expect(
    await ending(2, '', 'no such option')
      .done()
      .catch((error) => error),
  ).not.toBeInstanceOf(NotRun)
})

test('who is waited for and ends without the word has failed', async () => {
  await expect(ending(0, 'hello', '').says('ready')).rejects.toThrow('did not say: ready')
})

test('Ctrl-C ends what goes on', async () => {
  const running = installed().shell('sleep 600')
  await running.interrupt()
  await expect(running.done()).rejects.toThrow('has ended with null')
})

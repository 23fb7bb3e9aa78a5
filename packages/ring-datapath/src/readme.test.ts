import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { rolldown } from 'rolldown'
import { expect, onTestFinished, test } from 'vitest'

test('the example in two threads prints what it says', async () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const code = /```js\n(import [^]*?)```/.exec(readme)?.[1] ?? ''
  const said = /\/\/ (sum \d+)$/m.exec(code)?.[1]
  expect(said).toBeDefined()
  const folder = mkdtempSync(join(tmpdir(), 'npa-ring-readme-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const input = join(folder, 'example.mjs')
  writeFileSync(input, code)
  const alias = { '@npa/ring-datapath': fileURLToPath(new URL('index.ts', import.meta.url)) }
  const build = await rolldown({ input, platform: 'node', resolve: { alias }, logLevel: 'silent' })
  const file = join(folder, 'two-threads.mjs')
  await build.write({ file, format: 'es' })
  await build.close()
  const { stdout } = await promisify(execFile)(process.execPath, [file], { timeout: 60_000 })
  expect(stdout).toBe(`${said}\n`)
})

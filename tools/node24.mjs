// `npm run test:node24`: the results must not depend on the Node version. Runs the default scenario on this Node and on Node 24
// (npm package `node`), compares JSON and trace byte for byte, then runs every test on Node 24. Wants `npm run build` first.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from './run/install.mjs'

const version = '24.21.0'
const out = join(root, 'out/node24')
const jsonReport = process.argv.includes('--json')
  ? ['--reporter=json', `--outputFile.json=${join(out, 'vitest.json')}`]
  : []

const here = process.execPath
const node24 = output('npx', ['--yes', '--prefer-offline', `node@${version}`, '-p', 'process.execPath'])
console.log(`this is ${output(here, ['--version'])}, compared with ${output(node24, ['--version'])}`)

mkdirSync(out, { recursive: true })
const runs = [here, node24].map((node, i) => ({
  node,
  json: join(out, `run${i}.json`),
  trace: join(out, `run${i}.trace`),
}))
for (const { node, json, trace } of runs)
  output(node, ['apps/simulator/dist/main.js', 'run', 'scenarios/default.yaml', '--json', json, '--trace', trace])
let failed = false
for (const kind of ['json', 'trace']) {
  const same = readFileSync(runs[0][kind]).equals(readFileSync(runs[1][kind]))
  console.log(`the default scenario's ${kind} is ${same ? 'the same' : 'NOT the same'} on both`)
  failed ||= !same
}
const tests = ['node_modules/vitest/vitest.mjs', 'run', '--reporter=default', ...jsonReport]
failed = spawnSync(node24, tests, { cwd: root, stdio: 'inherit' }).status !== 0 || failed
process.exitCode = failed ? 1 : 0

function output(file, args) {
  const { status, stdout, stderr, error } = spawnSync(file, args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 })
  if (status === 0) return stdout.trim()
  console.error(
    `${[file, ...args].join(' ')}: ${error?.message ?? `exit code ${status}`}\n${stdout ?? ''}${stderr ?? ''}`,
  )
  process.exit(1)
}

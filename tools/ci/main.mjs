// The body of .ci/run: `npm start` with a check of its JSON, `npm test`, Node 24. Counts what passed and what failed from the runners' own
// results and its own checks; the last line printed is the sum.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../run/install.mjs'
import { checkReport } from './report.mjs'

const out = join(root, 'out/ci')
rmSync(out, { recursive: true, force: true })
mkdirSync(out, { recursive: true })
const begin = Date.now()
const total = { passed: 0, failed: 0 }

const report = join(out, 'default.json')
record('npm start', run('npm', ['start', '--', '--json', report]))
if (existsSync(report))
  for (const { name, ok, detail } of checkReport(JSON.parse(readFileSync(report, 'utf8')))) record(name, ok, detail)
else record('npm start wrote its JSON', false)

const results = join(out, 'vitest.json')
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`]
count('npm test', run('npm', ['test', '--', ...reporters]), results)

const minutes = (Date.now() - begin) / 60_000
const budget = Number(process.env.NPA_CI_MINUTES ?? 10)
if (minutes * 2 < budget) {
  const results24 = join(root, 'out/node24/vitest.json')
  rmSync(results24, { force: true })
  count('npm run test:node24', run('npm', ['run', 'test:node24', '--', '--json']), results24)
} else
  console.log(
    `ci: Node 24 left to the nightly run: ${minutes.toFixed(1)} of ${budget} minutes are gone (NPA_CI_MINUTES)`,
  )

process.exitCode = total.failed === 0 ? 0 : 1
console.log(`${total.passed} passed, ${total.failed} failed`)

function run(file, args) {
  console.log(`ci: ${[file, ...args].join(' ')}`)
  return spawnSync(file, args, { cwd: root, stdio: 'inherit' }).status === 0
}

function record(name, ok, detail = '') {
  total[ok ? 'passed' : 'failed']++
  console.log(`ci: ${ok ? 'passed' : 'FAILED'}: ${name}${detail && `: ${detail}`}`)
}

/** A command that ends in vitest: its tests, and one check of its own for everything else that the command does. */
function count(name, ok, file) {
  const tests = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
  total.passed += tests?.numPassedTests ?? 0
  total.failed += tests?.numFailedTests ?? 0
  const skipped = (tests?.numPendingTests ?? 0) + (tests?.numTodoTests ?? 0)
  if (skipped > 0) console.log(`ci: ${name}: ${skipped} tests were skipped`)
  record(name, ok, tests === undefined ? 'it did not come to the tests' : '')
}

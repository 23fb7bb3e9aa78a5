// The body of .ci/run: `npm start` with a check of its JSON, `npm test`, Linux's drivers on our devices, npa-nic from its tarballs, Node 24. Counts what passed and what failed from the runners' own
// results and its own checks; the last line printed is the sum.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../run/install.mjs'
import { verdicts } from './court.mjs'
import { checkReport } from './report.mjs'

/** Rows of the court that say again, in other circumstances and for half a minute each, what another row says. */
const LONG = ['on the same virtual switch', 'VF revoked']
/** Of the drivers of our chips, what says that they work at all; all that is asked of them takes half an hour. */
const SMOKE = ['ping', 'TCP, offloads as they come', 'TCP from VF to VF']

/** The exit code of a proof that could not be run. */
const NOT_RUN = 2

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

// Linux's own drivers on our devices: they need Debian's packages. Where these do not come nothing has failed, and nothing was proved.
court('vmxnet3', ['--only', 'vmxnet3', '--skip', ...LONG])
court('chips', ['--only', 'ixgbe', 'ixgbevf', 'igb', 'igbvf', '--check', ...SMOKE, '--skip', 'two guests'])
proof(['commands'])

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

function court(name, args) {
  const file = join(out, `interop-${name}.json`)
  const held = run('npm', ['run', 'interop', '--', ...args, '--kernel', '6.1', '--device', 'npa', '--json', file], 6)
  const { rows, complaints } = verdicts(existsSync(file) ? readFileSync(file, 'utf8') : undefined, held)
  for (const row of rows) record(row.name, row.ok, row.detail)
  for (const complaint of complaints) console.log(`ci: NOT RUN: ${complaint}`)
}

/** npa-nic as its user gets it; with exit code 2 there was no guest to be had. */
function proof(names) {
  const args = ['run', 'proof:nic', '--', ...names]
  const status = exitCode('npm', args, 4)
  if (status === NOT_RUN) console.log(`ci: NOT RUN: npm ${args.join(' ')}`)
  else record(`npm ${args.join(' ')}`, status === 0)
}

function run(file, args, minutes) {
  return exitCode(file, args, minutes) === 0
}

function exitCode(file, args, minutes) {
  console.log(`ci: ${[file, ...args].join(' ')}`)
  const timeout = minutes === undefined ? undefined : minutes * 60_000
  return spawnSync(file, args, { cwd: root, stdio: 'inherit', timeout }).status
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

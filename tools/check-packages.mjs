// `npm run check:packages`: nothing unused in the repository (knip), and every package as npm would get it: packed, then judged by
// publint and Are the types wrong. Wants `npm run build` first.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pnpm, root } from './run/install.mjs'

const out = join(root, 'out/packages')
rmSync(out, { recursive: true, force: true })
mkdirSync(out, { recursive: true })
const problems = []

check('knip', process.execPath, ['node_modules/knip/bin/knip.js'])
for (const folder of readdirSync(join(root, 'packages'))) {
  const { name } = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'))
  const tarball = join(out, `${folder}.tgz`)
  check(`${name}: pack`, ...pnpm('--filter', name, 'pack', '--out', tarball))
  check(`${name}: publint`, process.execPath, ['node_modules/publint/src/cli.js', 'run', '--strict', tarball])
  const attw = ['node_modules/@arethetypeswrong/cli/dist/index.js', '--profile', 'esm-only', '--no-emoji', tarball]
  check(`${name}: types`, process.execPath, attw)
}
console.log(problems.length === 0 ? 'packages: all well' : `packages: ${problems.join(', ')}`)
process.exitCode = problems.length === 0 ? 0 : 1

function check(title, file, args) {
  const { status, stdout, stderr } = spawnSync(file, args, { cwd: root, encoding: 'utf8' })
  if (status === 0) return
  problems.push(title)
  console.error(`${title}\n${stdout}${stderr}`)
}

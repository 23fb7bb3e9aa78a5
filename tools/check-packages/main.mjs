// `npm run check:packages`: nothing unused in the repository (knip), and every package and published app as npm would get it: packed, its contents looked at, then judged by
// publint and, where there is something to import, by Are the types wrong. Wants `npm run build` first.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { pnpm, root } from '../run/install.mjs'
import { complaints } from './contents.mjs'

const out = join(root, 'out/packages')
rmSync(out, { recursive: true, force: true })
mkdirSync(out, { recursive: true })
const problems = []

check('knip', process.execPath, ['node_modules/knip/bin/knip.js'])
const folders = ['packages', 'apps'].flatMap((group) => readdirSync(join(root, group)).map((name) => join(group, name)))
for (const folder of folders) {
  const manifest = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
  if (manifest.private === true) continue
  const { name } = manifest
  const tarball = join(out, `${folder.replace('/', '-')}.tgz`)
  if (!check(`${name}: pack`, ...pnpm('--filter', name, 'pack', '--out', tarball))) continue
  contents(name, folder, tarball)
  check(`${name}: publint`, process.execPath, ['node_modules/publint/src/cli.js', 'run', '--strict', tarball])
  if (manifest.exports === undefined) continue
  const attw = ['node_modules/@arethetypeswrong/cli/dist/index.js', '--profile', 'esm-only', '--no-emoji', tarball]
  check(`${name}: types`, process.execPath, attw)
}
console.log(problems.length === 0 ? 'packages: all well' : `packages: ${problems.join(', ')}`)
process.exitCode = problems.length === 0 ? 0 : 1

/** What is in a tarball that should not be, or is not and should. */
function contents(name, folder, tarball) {
  const files = said('tar', ['-tzf', tarball]).trim().split('\n')
  const text = (file) => said('tar', ['-xzOf', tarball, file])
  const sourceOf = (stem) => existsSync(join(root, folder, 'src', `${stem}.ts`))
  for (const complaint of complaints(files, text, sourceOf)) {
    problems.push(`${name}: contents`)
    console.error(`${name}: ${complaint}`)
  }
}

function said(file, args) {
  return spawnSync(file, args, { encoding: 'utf8', maxBuffer: 2 ** 28 }).stdout
}

function check(title, file, args) {
  const { status, stdout, stderr } = spawnSync(file, args, { cwd: root, encoding: 'utf8' })
  if (status === 0) return true
  problems.push(title)
  console.error(`${title}\n${stdout}${stderr}`)
  return false
}

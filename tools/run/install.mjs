import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { phase } from './phase.mjs'

export const root = fileURLToPath(new URL('../..', import.meta.url))
const offlineToo = ['--yes', '--prefer-offline'] // else npm asks the registry about the pinned version every time
const stampFile = join(root, 'node_modules', '.npa-installed')

/** Installs the dependencies of the lock file, or says that they are there: then neither the network nor pnpm is needed. */
export async function install() {
  const stamp = fingerprint()
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) {
    process.stdout.write('install: up to date\n')
    return
  }
  const env = { ...process.env, CI: 'true' } // pnpm asks no questions then
  await phase('install', ...pnpm('install', '--frozen-lockfile', '--prefer-offline'), { cwd: root, env })
  writeFileSync(stampFile, stamp)
}

/** The command line that runs the pinned pnpm through the npm that runs us, or through npx. */
export function pnpm(...args) {
  const { devEngines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const spec = `pnpm@${devEngines.packageManager.version}`
  const npm = process.env.npm_execpath ?? ''
  if (basename(npm).startsWith('npm-')) return [process.execPath, [npm, 'exec', ...offlineToo, '--', spec, ...args]]
  return ['npx', [...offlineToo, spec, ...args]]
}

function fingerprint() {
  const packages = ['packages', 'apps'].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => join(group, name, 'package.json')),
  )
  const hash = createHash('sha256').update(`${root}\n${process.platform}-${process.arch}\n`)
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json', ...packages.sort()])
    if (existsSync(join(root, file))) hash.update(`${file}\n`).update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

// `npm run proof:nic`: npa-nic as its user gets it. Everything is packed, installed from the tarballs into an empty folder, and the commands at the top of its
// README are run there: Linux's ixgbevf is bound, and pings. Wants Debian's packages of `npm run interop` in its cache, or fetches them.
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pnpm, root } from './run/install.mjs'

const work = mkdtempSync(join(tmpdir(), 'npa-nic-proof-'))
process.once('exit', () => rmSync(work, { recursive: true, force: true }))
const sockets = '/tmp/nic'
const commands = firstBlock(readFileSync(join(root, 'apps/nic/README.md'), 'utf8'))
if (commands.length !== 3) fail(`the README begins with ${commands.length} commands, not three`)

const tarballs = join(work, 'tarballs')
mkdirSync(tarballs)
for (const name of workspaceClosure('@npa/nic')) run(...pnpm('--filter', name, 'pack', '--pack-destination', tarballs))
const home = join(work, 'home')
mkdirSync(home)
run('npm', ['init', '-y'], home)
// What `npm install @npa/nic` does once it is published: the package, and ours among its dependencies, from their tarballs.
run('npm', ['install', '--no-audit', '--no-fund', ...readdirSync(tarballs).map((file) => join(tarballs, file))], home)

const [, serve, boot] = commands
const server = spawn('sh', ['-c', `exec ${serve.replace(/ &$/, '')}`], {
  cwd: home,
  stdio: ['ignore', 'pipe', 'inherit'],
})
let said = ''
await new Promise((resolve, reject) => {
  server.stdout.on('data', (text) => {
    said += text
    if (said.includes('A guest with it')) resolve()
  })
  server.once('exit', (code) => reject(new Error(`${serve} has ended with ${code}`)))
})
const { status, stdout, stderr } = spawnSync('sh', ['-c', boot], { cwd: home, encoding: 'utf8', timeout: 600_000 })
run('npx', ['npa-nic', 'ctl', sockets, 'stop'], home)
process.stdout.write(stdout)
for (const expected of [/^ {2}ixgbevf$/m, /5 packets transmitted, 5 packets received/]) {
  if (!expected.test(stdout)) fail(`${boot} did not print ${expected}; exit code ${status}\n${stderr}`)
}
console.log('npa-nic: three commands from nothing to ixgbevf, pinging')

/** The commands of the first block of a README. */
function firstBlock(text) {
  const [, block = ''] = /```sh\n([^`]*)```/.exec(text) ?? []
  return block.trim().split('\n')
}

/** A package of the workspace and those that it needs, itself included. */
function workspaceClosure(first) {
  const manifests = new Map()
  for (const group of ['packages', 'apps']) {
    for (const folder of readdirSync(join(root, group))) {
      const manifest = JSON.parse(readFileSync(join(root, group, folder, 'package.json'), 'utf8'))
      manifests.set(manifest.name, manifest)
    }
  }
  const found = new Set()
  const add = (name) => {
    if (found.has(name) || !manifests.has(name)) return
    found.add(name)
    for (const other of Object.keys(manifests.get(name).dependencies ?? {})) add(other)
  }
  add(first)
  return found
}

function run(file, args, cwd = root) {
  const { status, stdout, stderr } = spawnSync(file, args, { cwd, encoding: 'utf8' })
  if (status !== 0) fail(`${file} ${args.join(' ')}: exit code ${status}\n${stdout}${stderr}`)
}

function fail(why) {
  console.error(why)
  process.exit(1)
}

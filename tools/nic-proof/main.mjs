// `npm run proof:nic [-- commands | guests | reboot …]`: npa-nic as its user gets it. Everything is packed and installed from the tarballs into an empty folder, and what its README
// promises is tried there with Linux guests, all of it unless some is named. Wants Debian's packages of `npm run interop` in its cache, or fetches them; and `npm run build` first.
// Exit codes: 0 all is as promised, 1 something is not, 2 not run, as there is no guest to be had.
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pnpm, root } from '../run/install.mjs'
import { commands } from './commands.mjs'
import { guests } from './guests.mjs'
import { Installed, NotRun, run } from './installed.mjs'
import { reboot } from './reboot.mjs'

const proofs = { commands, guests, reboot }
const asked = process.argv.slice(2)
const unknown = asked.find((name) => !Object.hasOwn(proofs, name))
if (unknown !== undefined) {
  console.error(`${unknown}: there are ${Object.keys(proofs).join(', ')}`)
  process.exit(2)
}

const work = mkdtempSync(join(tmpdir(), 'npa-nic-proof-'))
process.once('exit', () => rmSync(work, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))
try {
  const installed = new Installed(install(), work)
  for (const [name, proof] of Object.entries(proofs)) {
    if (asked.length > 0 && !asked.includes(name)) continue
    console.log(`npa-nic, ${name}: ${await proof(installed)}`)
  }
} catch (error) {
  const notRun = error instanceof NotRun
  console.error(`${notRun ? 'not run: ' : ''}${error.message}`)
  process.exit(notRun ? 2 : 1)
}
// Nothing of a proof that is over is waited for.
process.exit(0)

/** An empty folder with what `npm install @npa/nic koffi` puts there once it is published: our packages come from their tarballs. */
function install() {
  const tarballs = join(work, 'tarballs')
  const home = join(work, 'home')
  for (const folder of [tarballs, home]) mkdirSync(folder)
  run(...pnpm('--filter-prod', '@npa/nic...', 'pack', '--pack-destination', tarballs), root)
  run('npm', ['init', '-y'], home)
  const ours = readdirSync(tarballs).map((file) => join(tarballs, file))
  run('npm', ['install', '--no-audit', '--no-fund', ...ours, 'koffi@3.3'], home)
  return home
}

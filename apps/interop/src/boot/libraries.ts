import fs from 'node:fs'
import path from 'node:path'
import { command } from '../command.js'
import { Unavailable } from '../unavailable.js'

const LOADER = 'ld-linux-x86-64.so.2'
const FOLDERS = [
  'lib/x86_64-linux-gnu',
  'usr/lib/x86_64-linux-gnu',
  'usr/lib/x86_64-linux-gnu/systemd',
  'lib',
  'usr/lib',
]

/** The dynamic loader of an unpacked tree. */
export function loaderOf(root: string): string {
  const found = FOLDERS.map((folder) => path.join(root, folder, LOADER)).find((file) => fs.existsSync(file))
  if (found === undefined) throw new Unavailable(`no ${LOADER} in ${root}`)
  return found
}

/** What `--library-path` wants for an unpacked tree. */
export function libraryPath(root: string): string {
  return FOLDERS.map((folder) => path.join(root, folder))
    .filter((folder) => fs.existsSync(folder))
    .join(':')
}

/** The shared objects that a program of the tree loads, the loader left out; asked of the loader itself. */
export async function librariesOf(root: string, program: string): Promise<string[]> {
  const args = ['--library-path', libraryPath(root), '--list', program]
  const said = await command(loaderOf(root), args, 30)
  return [...said.matchAll(/=> (\S+)/g)].map((found) => found[1]).filter((file) => path.basename(file) !== LOADER)
}

import fs from 'node:fs'
import path from 'node:path'
import { Unavailable } from '../unavailable.js'
import { decompress } from './vmlinux.js'

/** A kernel module and what must be loaded before it. */
export interface KernelModule {
  readonly name: string
  /** ELF, unpacked. */
  readonly bytes: Buffer
  readonly depends: readonly string[]
}

/**
 * The named modules of the tree below `folder` and all that they depend on, dependencies first; names with `_`. Throws `Unavailable`
 * for one that is neither there nor built in.
 */
export function withDependencies(folder: string, names: readonly string[]): KernelModule[] {
  const files = new Map<string, string>()
  for (const entry of fs.readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const name = /^(.*)\.ko(\.xz|\.zst|\.gz)?$/.exec(entry.name)?.[1]
    if (name !== undefined) files.set(name.replaceAll('-', '_'), path.join(entry.parentPath, entry.name))
  }
  const builtin = builtinModules(folder)
  const done = new Map<string, KernelModule>()
  const add = (name: string): void => {
    if (done.has(name) || builtin.has(name)) return
    const file = files.get(name)
    if (file === undefined) throw new Unavailable(`the kernel has no module ${name}`)
    const bytes = decompress(fs.readFileSync(file))
    const depends = modinfo(bytes, 'depends')
      .flatMap((list) => list.split(','))
      .filter((word) => word !== '')
    const plain = depends.map((word) => word.replaceAll('-', '_'))
    for (const other of plain) add(other)
    done.set(name, { name, bytes, depends: plain })
  }
  for (const name of names) add(name)
  return [...done.values()]
}

/** The values of a field of `.modinfo`, which is strings `name=value` with a zero behind each. */
export function modinfo(elf: Buffer, field: string): string[] {
  const values: string[] = []
  const key = `\0${field}=`
  for (let at = elf.indexOf(key, 0, 'latin1'); at >= 0; at = elf.indexOf(key, at + 1, 'latin1')) {
    values.push(elf.toString('latin1', at + key.length, elf.indexOf(0, at + key.length)))
  }
  return values
}

function builtinModules(folder: string): Set<string> {
  const file = path.join(folder, 'modules.builtin')
  if (!fs.existsSync(file)) return new Set()
  const lines = fs.readFileSync(file, 'utf8').split('\n')
  return new Set(lines.map((line) => path.basename(line, '.ko').replaceAll('-', '_')))
}

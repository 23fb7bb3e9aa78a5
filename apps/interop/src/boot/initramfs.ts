import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { cpio } from './cpio.js'
import type { CpioEntry } from './cpio.js'
import { librariesOf, loaderOf } from './libraries.js'
import type { KernelModule } from './modules.js'

const INIT = fileURLToPath(new URL('../../guest/init.sh', import.meta.url))
const BUSYBOX = ['usr/bin/busybox', 'bin/busybox']
const PROGRAMS = ['usr/sbin/ethtool', 'sbin/ethtool', 'usr/bin/iperf3', 'usr/bin/ip', 'bin/ip']

/** The guest's first and only file system: busybox, the tools with their libraries, the modules, our init. Not compressed. */
export async function initramfs(tools: string, release: string, modules: readonly KernelModule[]): Promise<Buffer> {
  const from = (name: string): Buffer => fs.readFileSync(path.join(tools, name))
  const present = (name: string): boolean => fs.existsSync(path.join(tools, name))
  const busybox = BUSYBOX.find(present) ?? BUSYBOX[0]
  const entries: CpioEntry[] = ['dev', 'proc', 'sys', 'tmp', 'etc', 'run'].map((name) => ({ name, kind: 'folder' }))
  entries.push({ name: 'bin/busybox', kind: 'program', body: from(busybox) })
  entries.push({ name: 'bin/sh', kind: 'link', body: 'busybox' })
  entries.push({ name: 'init', kind: 'program', body: fs.readFileSync(INIT) })
  const libraries = new Set<string>()
  for (const name of PROGRAMS.filter(present)) {
    entries.push({ name: `usr/bin/${path.basename(name)}`, kind: 'program', body: from(name) })
    for (const file of await librariesOf(tools, path.join(tools, name))) libraries.add(file)
  }
  const loader = loaderOf(tools)
  entries.push({ name: `lib64/${path.basename(loader)}`, kind: 'program', body: fs.readFileSync(loader) })
  for (const file of libraries) {
    entries.push({ name: `lib/${path.basename(file)}`, kind: 'file', body: fs.readFileSync(file) })
  }
  const home = `lib/modules/${release}`
  for (const { name, bytes } of modules) entries.push({ name: `${home}/${name}.ko`, kind: 'file', body: bytes })
  entries.push({
    name: `${home}/modules.dep`,
    kind: 'file',
    body: modules.map((one) => dependencyLine(one, modules)).join(''),
  })
  return cpio(entries)
}

/** For modprobe, which loads from the end of the line: everything that the module wants, the nearest first. */
function dependencyLine(module: KernelModule, all: readonly KernelModule[]): string {
  const wanted = new Set<string>()
  const want = (names: readonly string[]): void => {
    for (const name of names) {
      wanted.add(name)
      want(all.find((other) => other.name === name)?.depends ?? [])
    }
  }
  want(module.depends)
  const order = all.filter(({ name }) => wanted.has(name)).reverse()
  return `${module.name}.ko:${order.map(({ name }) => ` ${name}.ko`).join('')}\n`
}

import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readFileSync, watch, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { emptyFolder } from './command.js'

/** Debian's packages and a QEMU that are none: as much of them as a guest's start looks at. The machine never says a word. */
export interface StandIn {
  /** For `--cache` and `--qemu`. */
  readonly cache: string
  readonly qemu: string
  /** The process that is taken for QEMU, once it is there. */
  readonly started: () => Promise<number>
}

const TOOLS = ['busybox-static', 'ethtool', 'iperf3', 'iproute2']
const MODULES = ['ixgbe', 'ixgbevf', 'igb', 'igbvf', '8021q']
const LOADER = 'lib/x86_64-linux-gnu/ld-linux-x86-64.so.2'

export function standIn(): StandIn {
  const cache = emptyFolder()
  const pid = join(cache, 'pid')
  const machine = `echo $$ > ${pid}.part; mv ${pid}.part ${pid}; exec sleep 600`
  const set = (name: string, version: string, packages: readonly string[]): string => {
    const stamp = { suite: name, package: name, version, packages: packages.map((one) => ({ name: one, version })) }
    write(join(cache, name, 'versions.json'), JSON.stringify(stamp))
    return join(cache, name)
  }
  const tools = set('tools-bookworm', '1', TOOLS)
  for (const name of ['usr/bin/busybox', LOADER]) write(join(tools, name), '')
  const linux = set('linux-bookworm', '6.1.1', [])
  for (const name of ['vmlinux', 'boot/vmlinuz-6.1.1']) write(join(linux, name), '')
  write(join(linux, 'lib/modules/6.1.1/modules.builtin'), MODULES.map((name) => `kernel/${name}.ko\n`).join(''))
  script(join(set('qemu-forky', '1:10.1', ['qemu-system-x86']), LOADER), machine)
  const qemu = join(cache, 'qemu')
  script(
    qemu,
    `case "$1" in --version) echo QEMU emulator version 10.1.0;; -device) echo vfio-user-pci;; *) ${machine};; esac`,
  )
  const started = async (): Promise<number> => {
    const folder = watch(cache)
    try {
      while (!existsSync(pid)) await once(folder, 'change')
    } finally {
      folder.close()
    }
    return Number(readFileSync(pid, 'utf8'))
  }
  return { cache, qemu, started }
}

function write(file: string, text: string): void {
  mkdirSync(join(file, '..'), { recursive: true })
  writeFileSync(file, text)
}

function script(file: string, text: string): void {
  write(file, `#!/bin/sh\n${text}\n`)
  chmodSync(file, 0o755)
}

import { execFile } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import { promisify } from 'node:util'
import { loadAccelerator } from '@npa/vfio-user/koffi'
import type { Surroundings } from '../console.js'
import { memoryFolder } from './memory-folder.js'
import { usableQemu } from './usable-qemu.js'

const run = promisify(execFile)

const LEAST_NODE = [20, 19]
/** A guest of 512 MiB, and as much again for QEMU and the server. */
const GUEST_MIB = 512
const LEAST_FREE_MIB = 2 * GUEST_MIB

/** What was found of something that is needed. */
interface Finding {
  readonly what: string
  readonly good: boolean
  readonly found: string
  /** How to get it, when it is not good. */
  readonly remedy?: string
}

/** Prints what is there and what is missing on this machine. Returns the exit code: 0 when a guest can be started, 1 when something is missing. */
export async function doctorCommand({ qemu }: { readonly qemu: string }, { console }: Surroundings): Promise<number> {
  const findings = [node(), await qemuFound(qemu), sharedMemory(), freeMemory(), await debian(), await koffi()]
  for (const { what, good, found, remedy } of findings) {
    console.stdout.write(`${good ? 'ok     ' : 'missing'}  ${what}: ${found}\n`)
    if (remedy !== undefined) console.stdout.write(`         ${remedy}\n`)
  }
  return findings.every(({ good }) => good) ? 0 : 1
}

function node(): Finding {
  const found = process.versions.node
  if (atLeast(found, LEAST_NODE)) return { what: 'Node', good: true, found }
  return { what: 'Node', good: false, found, remedy: 'install Node 20.19 or later: https://nodejs.org' }
}

async function qemuFound(program: string): Promise<Finding> {
  const what = 'QEMU 10.1 or later with vfio-user-pci'
  const remedy =
    'Debian: trixie-backports or forky, apt install -t trixie-backports qemu-system-x86; elsewhere https://www.qemu.org/download. ' +
    'npa-nic boot and npa-nic interop fetch one from Debian by themselves'
  const { version, why = '' } = await usableQemu(program)
  return version === undefined
    ? { what, good: false, found: why, remedy }
    : { what, good: true, found: `${program} ${version}` }
}

function sharedMemory(): Finding {
  const what = `room for a guest's memory, ${GUEST_MIB} MiB`
  const folder = memoryFolder(os.tmpdir())
  const { bavail, bsize } = fs.statfsSync(folder)
  const mib = Math.floor((bavail * bsize) / 2 ** 20)
  const found = `${mib} MiB in ${folder}`
  if (mib >= GUEST_MIB) return { what, good: true, found }
  const grow = folder === '/dev/shm' ? 'mount -o remount,size=2G /dev/shm (in a container: --shm-size=2g), or ' : ''
  return { what, good: false, found, remedy: `${grow}npa-nic serve --memory FILE on a disk with room` }
}

function freeMemory(): Finding {
  const mib = Math.floor(os.freemem() / 2 ** 20)
  const available = /^MemAvailable: *(\d+) kB/m.exec(readIfThere('/proc/meminfo'))?.[1]
  const free = available === undefined ? mib : Math.floor(Number(available) / 1024)
  const what = `free memory, ${LEAST_FREE_MIB} MiB`
  if (free >= LEAST_FREE_MIB) return { what, good: true, found: `${free} MiB` }
  return {
    what,
    good: false,
    found: `${free} MiB`,
    remedy: 'end other programs, or give the guest less: npa-nic serve --memory-size 256',
  }
}

/** Only for `boot` and `interop`, which take a kernel from Debian. */
async function debian(): Promise<Finding> {
  const what = 'apt-get, dpkg and xz, with which boot and interop get a kernel from Debian'
  const missing: string[] = []
  for (const program of ['apt-get', 'dpkg', 'xz']) {
    await run(program, ['--version']).catch(() => missing.push(program))
  }
  if (missing.length === 0) return { what, good: true, found: 'all there' }
  return {
    what,
    good: false,
    found: `no ${missing.join(', ')}`,
    remedy: 'install them, or use a Linux guest of your own',
  }
}

/** Nobody needs it. */
async function koffi(): Promise<Finding> {
  const what = 'koffi, with which serve --accelerate is faster'
  try {
    await loadAccelerator()
    return { what, good: true, found: 'there' }
  } catch (error) {
    return {
      what,
      good: true,
      found: `not there, and not needed: ${error instanceof Error ? error.message : String(error)}`,
    }
  }
}

function atLeast(version: string, [major, minor]: readonly number[]): boolean {
  const [m, n] = version.split('.').map(Number)
  return m > major || (m === major && n >= minor)
}

function readIfThere(file: string): string {
  return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : ''
}

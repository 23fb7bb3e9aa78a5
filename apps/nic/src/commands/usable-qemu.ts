import { execFile } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
/** vfio-user-pci came with it. */
const LEAST = [10, 1]

/** Whether a QEMU can have the card: its version, or why not. */
export async function usableQemu(program: string): Promise<{ readonly version?: string; readonly why?: string }> {
  let version: string | undefined
  try {
    version = /version (\d+\.\d+[.\d]*)/.exec((await run(program, ['--version'])).stdout)?.[1]
  } catch {
    return { why: `${program} is not there` }
  }
  if (version === undefined) return { why: `${program} tells no version` }
  const [major, minor] = version.split('.').map(Number)
  if (major < LEAST[0] || (major === LEAST[0] && minor < LEAST[1])) return { why: `${program} ${version} is too old` }
  if (await knowsDevice(program)) return { version }
  return { why: `${program} ${version} was built without vfio-user-pci` }
}

async function knowsDevice(program: string): Promise<boolean> {
  try {
    return (await run(program, ['-device', 'help'], { maxBuffer: 1 << 24 })).stdout.includes('vfio-user-pci')
  } catch {
    // Another program, which has a version too.
    return false
  }
}

/** The path of a program that is called by its name. */
export function findProgram(name: string): string {
  if (name.includes('/')) return path.resolve(name)
  const folders = (process.env.PATH ?? '').split(path.delimiter)
  return folders.map((folder) => path.join(folder, name)).find((file) => fs.existsSync(file)) ?? name
}

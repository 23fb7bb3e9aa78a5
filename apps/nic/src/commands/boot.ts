import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Assets, defaultCache, Guest, GuestLost, Unavailable } from '@npa/interop'
import type { KernelName } from '@npa/interop'
import { readDescription } from '../card/description.js'
import { MODELS } from '../card/models.js'
import type { Model } from '../card/models.js'
import type { Surroundings } from '../console.js'
import { UserError } from '../user-error.js'
import { bootSteps } from './boot-steps.js'
import type { Step } from './boot-steps.js'
import { findProgram, usableQemu } from './usable-qemu.js'

const MEMORY_MIB = 512
/** Of the user's own scripts. */
const SCRIPT_S = 600

/** What `boot` was told. */
export interface BootOptions {
  readonly kernel: KernelName
  readonly processors: number
  readonly qemu: string
  /** Scripts to run after, or instead of nothing else. */
  readonly run: readonly string[]
  readonly stay: boolean
  readonly cache?: string
}

/**
 * Boots a Linux of Debian with a served card, lets its drivers take it, pings, and runs the user's scripts. Returns the exit code: 0, or 1 when a
 * step failed. Throws a `UserError` for what is missing.
 */
export async function bootCommand(folder: string, options: BootOptions, around: Surroundings): Promise<number> {
  const { console, signal } = around
  const say = (text: string): void => void console.stdout.write(`${text}\n`)
  const description = readDescription(path.resolve(folder))
  const { drivers }: Model = MODELS[description.model]
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'npa-nic-boot-'))
  let guest: Guest | undefined
  const lost = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new UserError('ended by a signal')), { once: true })
  })
  lost.catch(() => undefined)
  try {
    const assets = new Assets(options.cache ?? defaultCache(), say)
    const qemu = await chooseQemu(options.qemu, assets)
    const modules = [drivers.pf, ...(drivers.vf === undefined ? [] : [drivers.vf]), '8021q']
    const files = await assets.bootFiles(options.kernel, modules, home)
    const booting = Guest.boot({
      ...files,
      qemu,
      processors: options.processors,
      memoryMib: MEMORY_MIB,
      folder: home,
      memory: description.memory,
      arguments: description.qemu,
    })
    guest = await Promise.race([booting, lost])
    say(`Linux ${guest.release} is up after ${guest.bootSeconds.toFixed(1)} s`)
    for (const step of [...bootSteps(description), ...options.run.map(ownStep)]) {
      const done = await Promise.race([runStep(guest, step, say), lost])
      if (!done) return 1
    }
    if (options.stay) {
      say('the guest stays until SIGINT')
      await lost.catch(() => undefined)
    }
    return 0
  } catch (error) {
    if (error instanceof Unavailable || error instanceof GuestLost)
      throw new UserError(`${error.message.replace(/\s+/g, ' ')}; npa-nic doctor says what is missing`)
    throw error
  } finally {
    await guest?.close()
    fs.rmSync(home, { recursive: true, force: true })
  }
}

/** Prints what a step says. False when it failed. */
async function runStep(guest: Guest, { title, script, seconds }: Step, say: (text: string) => void): Promise<boolean> {
  const { code, output } = await guest.sh(script, seconds)
  say(`\n${title}${code === 0 ? '' : `: failed, exit code ${code}`}`)
  for (const line of output.trimEnd().split('\n')) say(`  ${line}`)
  if (code !== 0) {
    const { output: log } = await guest.sh('dmesg | tail -15')
    say(`\nthe kernel's last words\n${log.trimEnd()}`)
  }
  return code === 0
}

function ownStep(file: string): Step {
  try {
    return { title: file, script: fs.readFileSync(file, 'utf8'), seconds: SCRIPT_S }
  } catch {
    throw new UserError(`--run ${file}: cannot be read`)
  }
}

/** The machine's own QEMU when it is new enough, else one from Debian. */
async function chooseQemu(program: string, assets: Assets): Promise<string> {
  const { version } = await usableQemu(program)
  return version === undefined ? assets.qemu() : findProgram(program)
}

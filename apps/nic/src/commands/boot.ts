import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Assets, defaultCache, Guest, GuestLost, Unavailable } from '@npa/interop'
import type { KernelName } from '@npa/interop'
import { readDescription } from '../card/description.js'
import type { Description } from '../card/description.js'
import { MODELS } from '../card/models.js'
import type { Model } from '../card/models.js'
import { aborted } from '../console.js'
import type { Surroundings } from '../console.js'
import { ControlClient } from '../control/control-client.js'
import type { Status } from '../serving/serving.js'
import { UserError } from '../user-error.js'
import { bootSteps, handedSteps } from './boot-steps.js'
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
  readonly run?: readonly string[]
  readonly stay?: boolean
  /** The function that the guest has of a card whose own guest is another one. */
  readonly guest?: string
  readonly address?: string
  readonly ping?: string
  /** Reboots after the steps, each with the steps again. */
  readonly reboot: number
  readonly cache?: string
}

/**
 * Boots a Linux of Debian with a served card, lets its drivers take it, pings, and runs the user's scripts. Returns the exit code: 0, or 1 when a
 * step failed or the guest was lost. Throws a `UserError` for what is missing.
 */
export async function bootCommand(folder: string, options: BootOptions, around: Surroundings): Promise<number> {
  const { console, signal } = around
  const say = (text: string): void => void console.stdout.write(`${text}\n`)
  const description = readDescription(path.resolve(folder))
  const plugged = pluggedInto(description, options.guest)
  if (options.guest !== undefined) await enabled(path.resolve(folder), options.guest)
  const steps = [...stepsOf(description, options), ...(options.run ?? []).map(ownStep)]
  const { drivers }: Model = MODELS[description.model]
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'npa-nic-boot-'))
  let guest: Guest | undefined
  try {
    const assets = new Assets(options.cache ?? defaultCache(), say, signal)
    const qemu = await chooseQemu(options.qemu, assets)
    const modules = [drivers.pf, ...(drivers.vf === undefined ? [] : [drivers.vf]), '8021q']
    const files = await assets.bootFiles(options.kernel, modules, home)
    // The signal ends QEMU, and whoever waits for the guest hears that it is lost.
    guest = await Guest.boot({
      ...files,
      qemu,
      processors: options.processors,
      memoryMib: MEMORY_MIB,
      folder: home,
      memory: plugged.memory ?? undefined,
      arguments: plugged.qemu,
      reboots: options.reboot > 0,
      signal,
    })
    say(`Linux ${guest.release} is up after ${guest.bootSeconds.toFixed(1)} s`)
    for (let round = 0; round <= options.reboot; round++) {
      if (round > 0) {
        const hard = round % 2 === 0
        await guest.reboot(hard)
        say(`\nreboot ${round}, ${hard ? 'a reset of the machine under its drivers' : 'as Linux does it'}: up again`)
      }
      for (const step of steps) {
        if (!(await runStep(guest, step, say))) return 1
      }
    }
    if (options.stay === true) {
      say('the guest stays until SIGINT')
      await aborted(signal)
    }
    return 0
  } catch (error) {
    if (signal.aborted) throw new UserError('ended by a signal')
    if (error instanceof Unavailable)
      throw new UserError(`${error.message.replace(/\s+/g, ' ')}; npa-nic doctor says what is missing`)
    if (!(error instanceof GuestLost)) throw error
    console.stderr.write(`npa-nic: the guest was lost: ${error.message.replace(/\s+/g, ' ')}\n`)
    return 1
  } finally {
    await guest?.close()
    fs.rmSync(home, { recursive: true, force: true })
  }
}

/** What QEMU is told for the card's own guest, or for one that has a function of it. */
function pluggedInto(card: Description, guest: string | undefined): Pick<Description, 'memory' | 'qemu'> {
  if (guest === undefined) return card
  const names = card.handed.map((one) => one.function)
  const found = card.handed.find((one) => one.function === guest)
  if (found !== undefined) return found
  const there = names.length === 0 ? 'none has: serve with --hand NUMBER' : `there are ${names.join(', ')}`
  throw new UserError(`--guest ${guest}: no guest of its own has this function: ${there}`)
}

/** Throws a `UserError` while the function is not there: a machine that looks before finds nobody. */
async function enabled(folder: string, name: string): Promise<void> {
  const client = await ControlClient.connect(folder)
  const { counters } = (await client.ask({ do: 'status' })) as Status
  client.close()
  if (counters.functions.find((one) => one.name === name)?.exists !== true)
    throw new UserError(
      `--guest ${name}: it is not enabled yet: boot the guest with the physical function first, npa-nic boot ${folder} --stay`,
    )
}

function stepsOf(card: Description, { guest, address, ping }: BootOptions): Step[] {
  const talk = { ...(address === undefined ? {} : { address }), ...(ping === undefined ? {} : { ping }) }
  return guest === undefined ? bootSteps(card, talk) : handedSteps(card, guest, talk)
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

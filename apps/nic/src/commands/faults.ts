import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { Assets, defaultCache, Guest, GuestLost, Unavailable } from '@npa/interop'
import type { KernelName } from '@npa/interop'
import { parseMac } from '@npa/wire'
import { MODELS } from '../card/models.js'
import type { Model } from '../card/models.js'
import type { Surroundings } from '../console.js'
import { Serving } from '../serving/serving.js'
import { surveyTable } from '../survey/markdown.js'
import { surveyCases } from '../survey/survey-cases.js'
import type { SurveyCase } from '../survey/survey-cases.js'
import { survey } from '../survey/survey.js'
import type { Subject, SurveyRow } from '../survey/survey.js'
import { reason, UserError } from '../user-error.js'
import { PEER_IP } from '../wire/peer-wire.js'
import { bootSteps } from './boot-steps.js'
import { memoryFolder } from './memory-folder.js'

const MEMORY_MIB = 512
/** The exit code of a process that SIGINT has ended. */
const INTERRUPTED = 130

/** What `faults` was told. */
export interface FaultsOptions {
  readonly model: 'intel-82599' | 'intel-82576'
  readonly kernel: KernelName
  /** Only faults whose words contain it. */
  readonly only: string
  readonly markdown?: string
  readonly cache?: string
}

/**
 * Lets Linux's drivers meet every fault, prints a table of what they do, and writes it where asked. Returns the exit code: 0 when every case was put,
 * 130 when the user has ended it before.
 * Throws a `UserError` for what is missing.
 */
export async function faultsCommand(options: FaultsOptions, { console, signal }: Surroundings): Promise<number> {
  const ended = (): boolean => signal.aborted
  const say = (text: string): void => void console.stdout.write(`${text}\n`)
  const model: Model = MODELS[options.model]
  const vf = model.drivers.vf ?? ''
  const cases = surveyCases(model.drivers.pf).filter(({ fault }) => fault.includes(options.only))
  if (cases.length === 0) {
    const all = surveyCases(model.drivers.pf).map(({ fault }) => fault)
    throw new UserError(`--only ${options.only}: no fault's words contain it: there are ${all.join(', ')}`)
  }
  const rows: SurveyRow[] = []
  if (options.markdown !== undefined) checkWritable(options.markdown)
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'npa-nic-faults-'))
  try {
    const assets = new Assets(options.cache ?? defaultCache(), say, signal)
    const qemu = await assets.qemu()
    const files = await assets.bootFiles(options.kernel, [model.drivers.pf, vf], home)
    while (rows.length < cases.length && !ended()) {
      const done = rows.length
      await oneGuest(home, options.model, { qemu, ...files, signal }, cases.slice(done), (row) => {
        rows.push(row)
        // Minutes of work are not lost with what comes later.
        if (options.markdown !== undefined) fs.writeFileSync(options.markdown, `${surveyTable(rows)}\n`)
        say(
          `${row.fault}: struck ${row.struck}, ${row.answered} answered, works again: ${row.recovery}; ${row.said.join(' / ')}`,
        )
      })
      if (rows.length === done && !ended()) throw new UserError(`the guest does not come to meet ${cases[done].fault}`)
    }
    const table = surveyTable(rows)
    say(`\n${table}`)
    for (const [name, version] of Object.entries(assets.versions)) say(`${name}: ${version}`)
    return ended() ? INTERRUPTED : 0
  } catch (error) {
    if (ended()) return INTERRUPTED
    if (error instanceof GuestLost) throw new UserError(`the guest was lost: ${error.message.replace(/\s+/g, ' ')}`)
    if (error instanceof Unavailable) throw new UserError(`${error.message}; npa-nic doctor says what is missing`)
    throw error
  } finally {
    fs.rmSync(home, { recursive: true, force: true })
  }
}

/** Before any guest is started. What a run before this one has written stays until there is a row. */
function checkWritable(file: string): void {
  try {
    fs.closeSync(fs.openSync(file, 'a'))
  } catch (error) {
    throw new UserError(`--markdown ${file}: cannot be written: ${reason(error)}`)
  }
}

/** Puts cases to a fresh guest until one breaks it. */
async function oneGuest(
  home: string,
  modelName: 'intel-82599' | 'intel-82576',
  boot: { qemu: string; kernel: string; initrd: string; signal: AbortSignal },
  cases: readonly SurveyCase[],
  seen: (row: SurveyRow) => void,
): Promise<void> {
  const folder = fs.mkdtempSync(path.join(home, 'guest-'))
  const memory = path.join(memoryFolder(folder), `npa-nic-${path.basename(home)}`)
  const serving = await Serving.start({
    ...{ model: modelName, vfs: 1, ports: 1, folder, memory, mac: parseMac('52:54:00:12:34:56') },
    ...{ accelerator: undefined, handed: [new Map()] },
    wires: [{ far: { kind: 'peer', ip: PEER_IP }, captures: [] }],
    ...{ seed: 1, faults: [], schedule: undefined },
    log: () => undefined,
  })
  // Both have a socket called control.
  const own = path.join(folder, 'guest')
  fs.mkdirSync(own)
  const place = { processors: 1, memoryMib: MEMORY_MIB, folder: own, memory, arguments: serving.nic.qemuArguments }
  try {
    const guest = await Guest.boot({ ...boot, ...place })
    try {
      const subject = subjectOf(modelName)
      await guest.sh(subject.setup, 120)
      for (const one of cases) {
        const row = await lostIsRow(one, () => survey(guest, serving, subject, one))
        // A guest that its user has ended says nothing about the fault.
        if (boot.signal.aborted) return
        seen(row)
        if (row.recovery === 'no') return
      }
    } finally {
      await guest.close()
    }
  } finally {
    await serving.close()
  }
}

/** A guest that is lost is a result too. */
async function lostIsRow(one: SurveyCase, ask: () => Promise<SurveyRow>): Promise<SurveyRow> {
  try {
    return await ask()
  } catch (error) {
    if (!(error instanceof GuestLost)) throw error
    return {
      fault: one.fault,
      struck: 0,
      answered: 'none',
      said: [`the guest was lost: ${error.message.slice(0, 200)}`],
      recovery: 'no',
    }
  }
}

function subjectOf(modelName: 'intel-82599' | 'intel-82576'): Subject {
  const { drivers }: Model = MODELS[modelName]
  const steps = bootSteps({ model: modelName, vfs: 1, peers: [PEER_IP], handed: [] })
  const setup = steps.slice(0, -1).map(({ script }) => `( ${script} )`)
  const addresses = 'ip addr add 192.168.77.1/24 dev vf0; ip addr add 192.168.77.3/24 dev pf'
  return { pf: drivers.pf, vf: drivers.vf ?? '', peer: PEER_IP, setup: `${setup.join('; ')}; ${addresses}` }
}

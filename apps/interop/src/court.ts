import fs from 'node:fs'
import path from 'node:path'
import type { Platform } from '@npa/vfio-user'
import type { Assets, BootFiles } from './assets.js'
import type { DriverCase } from './cases.js'
import type { CheckGroup } from './checks/check.js'
import { newLines } from './checks/kernel-log.js'
import type { KernelName } from './debian/sets.js'
import { isReference } from './devices/device.js'
import type { JudgedDevice } from './devices/device.js'
import type { Row } from './report/row.js'
import type { Screen } from './report/screen.js'
import { Session } from './session.js'
import { INTERRUPTED, reasonOf, Unavailable } from './unavailable.js'

const LOG_CHECK = 'kernel log'
/** Lines of a kernel log in a row's detail. */
const MOST_LINES = 4

/** Judges driver after driver, kernel after kernel, one guest at a time. */
export class Court {
  readonly rows: Row[] = []
  readonly #assets: Assets
  readonly #screen: Screen
  readonly #folder: string
  readonly #accelerator: Platform | undefined
  readonly #signal: AbortSignal

  /**
   * `folder` takes what the guests say; our devices are served with the accelerator, or with Node alone. When `signal` aborts, what was not
   * judged yet is not run.
   */
  constructor(assets: Assets, screen: Screen, folder: string, accelerator: Platform | undefined, signal: AbortSignal) {
    this.#signal = signal
    this.#assets = assets
    this.#screen = screen
    this.#folder = folder
    this.#accelerator = accelerator
  }

  async judge(one: DriverCase, kernel: KernelName): Promise<void> {
    const folder = path.join(this.#folder, `${one.driver}-${kernel}`)
    fs.mkdirSync(folder, { recursive: true })
    let ready: { qemu: string; files: BootFiles }
    try {
      const qemu = await this.#assets.qemu()
      ready = { qemu, files: await this.#assets.bootFiles(kernel, one.modules, folder) }
    } catch (error) {
      if (!(error instanceof Unavailable)) throw error
      const why = this.#signal.aborted ? INTERRUPTED : reasonOf(error)
      for (const device of one.devices) this.#none(one, kernel, device, why)
      return
    }
    let reference: string[] | undefined
    for (const device of one.devices) {
      const log = await this.#device(one, kernel, device, ready, folder)
      if (log === undefined || this.#signal.aborted) {
        const why = this.#signal.aborted ? INTERRUPTED : 'no guest came up'
        this.add({ ...logRow(one, kernel, device), result: 'not run', detail: why })
        continue
      }
      this.#judgeLog(one, kernel, device, log, reference)
      if (isReference(device.name)) reference = log
    }
  }

  /** Puts all questions; what the kernels said above info, or undefined when none came up. */
  async #device(
    one: DriverCase,
    kernel: KernelName,
    device: JudgedDevice,
    ready: { qemu: string; files: BootFiles },
    folder: string,
  ): Promise<string[] | undefined> {
    const log: string[] = []
    const boots: number[] = []
    for (const [number, group] of one.groups.entries()) {
      const { driver } = one
      const who = `${driver} of ${kernel} on ${device.name}, ${group.processors} processors`
      const session = new Session({
        ...ready,
        driver,
        device,
        group,
        accelerator: this.#accelerator,
        signal: this.#signal,
        folder: path.join(folder, `${device.name.replaceAll(' ', '-')}-${number}`),
        began: (what) => this.#screen.step(`${who}: ${what}`),
        verdict: (verdict) => {
          this.add({ driver, device: device.name, kernel, ...verdict, check: title(verdict.check, group) })
        },
      })
      await session.run()
      log.push(...session.log)
      boots.push(...session.boots)
    }
    if (boots.length === 0) return undefined
    const seconds = boots.map((boot) => boot.toFixed(1)).join(', ')
    this.#screen.line(`${one.driver} of ${kernel} on ${device.name}: booted in ${seconds} s`)
    return log
  }

  /** The reference may say what it likes: it is what the others are compared with. */
  #judgeLog(
    one: DriverCase,
    kernel: KernelName,
    device: JudgedDevice,
    log: readonly string[],
    reference: readonly string[] | undefined,
  ): void {
    const { mayLog = [], mayAlsoLog = [] } = one
    const allowed = [...mayLog, ...mayAlsoLog].map(({ text }) => text)
    const lines = newLines(log, reference ?? [], allowed)
    const said = lines.slice(0, MOST_LINES).join(' | ') + (lines.length > MOST_LINES ? ' | …' : '')
    const row = logRow(one, kernel, device)
    if (isReference(device.name)) this.add({ ...row, result: 'pass', detail: `above info: ${said || 'nothing'}` })
    else if (lines.length === 0) this.add({ ...row, result: 'pass', detail: 'nothing above info of its own' })
    else if (reference === undefined && one.mayLog === undefined)
      this.add({ ...row, result: 'not run', detail: `no reference ran beside it: ${said}` })
    else this.add({ ...row, result: 'fail', detail: said })
  }

  #none(one: DriverCase, kernel: KernelName, device: JudgedDevice, reason: string): void {
    for (const group of one.groups) {
      for (const { name } of [...group.setup, ...group.checks]) {
        this.add({
          driver: one.driver,
          device: device.name,
          kernel,
          check: title(name, group),
          result: 'not run',
          detail: reason,
        })
      }
    }
  }

  /** Takes a row and shows it. */
  add(given: Row): void {
    const row = this.#alsoOnReference(given) ? { ...given, detail: `(the reference too) ${given.detail}` } : given
    this.rows.push(row)
    this.#screen.row(row)
  }

  #alsoOnReference(row: Row): boolean {
    const { driver, kernel, check, device, result } = row
    return this.rows.some(
      (other) =>
        other.driver === driver &&
        other.kernel === kernel &&
        other.check === check &&
        other.device !== device &&
        other.result === 'fail' &&
        result === 'fail',
    )
  }
}

function logRow({ driver }: DriverCase, kernel: KernelName, device: JudgedDevice): Omit<Row, 'result' | 'detail'> {
  return { driver, device: device.name, kernel, check: LOG_CHECK }
}

/** Checks of the same name, by the guest's processors. */
function title(check: string, { processors }: CheckGroup): string {
  return processors === 1 ? check : `${check} (${processors} processors)`
}

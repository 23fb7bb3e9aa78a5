import fs from 'node:fs'
import path from 'node:path'
import type { Platform } from '@npa/vfio-user'
import type { BootFiles } from './assets.js'
import { Guest, GuestLost, memoryFile } from './boot/guest.js'
import type { Bench, Check, CheckGroup } from './checks/check.js'
import { NotRun } from './checks/check.js'
import { seriousLines } from './checks/kernel-log.js'
import type { GuestRam, JudgedDevice } from './devices/device.js'
import { Peer } from './peer/peer.js'
import type { Row } from './report/row.js'
import { INTERRUPTED, reasonOf, Unavailable } from './unavailable.js'

const MEMORY_MIB = 512

/** A row without what the session does not know. */
export type Verdict = Pick<Row, 'check' | 'result' | 'detail'>

/** What a session is about. */
export interface SessionParts {
  readonly qemu: string
  readonly files: BootFiles
  readonly driver: string
  readonly device: JudgedDevice
  readonly group: CheckGroup
  /** What our devices are served with, if not with Node alone. */
  readonly accelerator: Platform | undefined
  /** Ends it: the guest goes, and what is left is not run. */
  readonly signal: AbortSignal
  /** Its files; a folder for every boot, with its console and QEMU's words. */
  readonly folder: string
  readonly began: (what: string) => void
  readonly verdict: (verdict: Verdict) => void
}

/**
 * Puts the checks of a group to a driver, in one boot as long as all goes well: after a check that fails the next one starts in a
 * fresh guest, so that one fault does not paint the rest red.
 */
export class Session {
  /** What the kernels said above info. */
  readonly log: string[] = []
  /** Seconds that each boot took. */
  readonly boots: number[] = []
  readonly #parts: SessionParts
  #bench: Bench | undefined
  #close: (() => Promise<void>) | undefined
  #told = false
  readonly #interrupted: Promise<never>

  constructor(parts: SessionParts) {
    this.#parts = parts
    this.#interrupted = new Promise((_, reject) => {
      parts.signal.addEventListener('abort', () => reject(new NotRun(INTERRUPTED)), { once: true })
    })
    this.#interrupted.catch(() => undefined)
  }

  async run(): Promise<void> {
    const { group, verdict, signal } = this.#parts
    try {
      for (const check of group.checks) {
        if (signal.aborted) {
          this.#notReached(check)
          continue
        }
        const obstacle = this.#bench === undefined ? await this.#start() : undefined
        if (obstacle !== undefined) {
          verdict({ check: check.name, result: 'not run', detail: obstacle })
          continue
        }
        if (this.#bench === undefined) continue
        const seen = await this.#judge(this.#bench, check)
        verdict(seen)
        if (seen.result === 'fail') await this.#end()
      }
    } finally {
      await this.#end()
    }
  }

  /** Boots and does what every boot begins with, whose rows appear once; what went wrong if something did. */
  async #start(): Promise<string | undefined> {
    const { group, verdict, signal } = this.#parts
    try {
      this.#bench = await this.#boot()
    } catch (error) {
      if (signal.aborted) return INTERRUPTED
      if (error instanceof Unavailable || error instanceof GuestLost) return `no guest: ${error.message}`
      throw error
    }
    let failed: string | undefined
    for (const check of group.setup) {
      const seen: Verdict =
        failed === undefined
          ? await this.#judge(this.#bench, check)
          : { check: check.name, result: 'not run', detail: failed }
      if (!this.#told) verdict(seen)
      if (seen.result !== 'pass') failed ??= `${check.name}: ${seen.detail}`
    }
    this.#told = true
    if (failed !== undefined) await this.#end()
    return failed
  }

  /** The user has ended the run before this check, and perhaps before the first boot. */
  #notReached({ name }: Check): void {
    const { group, verdict } = this.#parts
    const rows = [...(this.#told ? [] : group.setup.map((check) => check.name)), name]
    for (const check of rows) verdict({ check, result: 'not run', detail: INTERRUPTED })
    this.#told = true
  }

  async #judge(bench: Bench, check: Check): Promise<Verdict> {
    this.#parts.began(check.name)
    try {
      return { check: check.name, result: 'pass', detail: await Promise.race([check.run(bench), this.#interrupted]) }
    } catch (error) {
      if (this.#parts.signal.aborted) return { check: check.name, result: 'not run', detail: INTERRUPTED }
      return { check: check.name, result: error instanceof NotRun ? 'not run' : 'fail', detail: reasonOf(error) }
    }
  }

  async #boot(): Promise<Bench> {
    const { qemu, files, driver, device, group, folder, began, signal } = this.#parts
    const home = path.join(folder, `boot-${this.boots.length}`)
    fs.mkdirSync(home, { recursive: true })
    began(`boot ${this.boots.length + 1}`)
    const { accelerator } = this.#parts
    const ram: GuestRam = accelerator === undefined ? { memory: memoryFile(home) } : { accelerator }
    const { processors, vfs = 0 } = group
    const otherMemory = accelerator === undefined ? memoryFile(home) : undefined
    const handed = group.handed === undefined ? undefined : { vf: group.handed, memory: otherMemory }
    const plugged = await device.plug({ folder: home, ram, memoryMib: MEMORY_MIB, vfs, handed })
    const place = { folder: home, memory: ram.memory, memoryMib: MEMORY_MIB }
    const guests: Guest[] = []
    try {
      const guest = await Guest.boot({ qemu, ...files, processors, ...place, arguments: plugged.arguments, signal })
      guests.push(guest)
      this.boots.push(guest.bootSeconds)
      const peer = new Peer(plugged.hub)
      const neighbour = async (): Promise<Guest> => {
        if (guests.length > 1) return guests[1]
        if (handed === undefined || plugged.handed === undefined) throw new NotRun('its functions are of one machine')
        const folder = path.join(home, 'neighbour')
        fs.mkdirSync(folder, { recursive: true })
        const there = { folder, memory: handed.memory, memoryMib: MEMORY_MIB }
        const second = await Guest.boot({ qemu, ...files, processors, ...there, arguments: plugged.handed, signal })
        guests.push(second)
        return second
      }
      this.#close = async () => {
        // One that was ended has nothing more to say.
        if (!signal.aborted) for (const one of guests) await this.#takeLog(one)
        peer.close()
        if (plugged.counters !== undefined) {
          fs.writeFileSync(path.join(home, 'counters.json'), JSON.stringify(plugged.counters(), undefined, 1))
        }
        for (const one of guests) await one.close()
        await plugged.close()
      }
      const { agreed = () => [], setLink, counters } = plugged
      return { guest, peer, driver, processors, neighbour, agreed, setLink, counters }
    } catch (error) {
      await plugged.close()
      throw error
    }
  }

  async #takeLog(guest: Guest): Promise<void> {
    try {
      this.log.push(...(await seriousLines(guest)))
    } catch (error) {
      if (!(error instanceof GuestLost)) throw error
      this.log.push(`the guest was lost: ${error.message}`)
    }
  }

  async #end(): Promise<void> {
    const close = this.#close
    this.#close = undefined
    this.#bench = undefined
    await close?.()
  }
}

import crypto from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { setInterval } from 'node:timers'
import type { Platform } from '@npa/vfio-user'
import { loadAccelerator } from '@npa/vfio-user/koffi'
import { parseMac } from '@npa/wire'
import { MODELS } from '../card/models.js'
import type { ModelName } from '../card/models.js'
import { qemuLine } from '../card/qemu-line.js'
import { aborted } from '../console.js'
import type { Surroundings } from '../console.js'
import { checkFault, faultOfWords, parseSchedule } from '../faults/fault-schema.js'
import type { Schedule } from '../faults/fault-schema.js'
import { display } from '../screen/display.js'
import { Serving } from '../serving/serving.js'
import { reason, UserError } from '../user-error.js'
import { parseWires } from '../wire/wire-spec.js'
import { memoryFolder } from './memory-folder.js'

const TERMINAL_INTERVAL_S = 1
const LINES_INTERVAL_S = 10

/** What `serve` was told. */
export interface ServeOptions {
  readonly model: ModelName
  readonly vfs: number
  readonly ports: number
  readonly sockets: string
  readonly memory?: string
  /** Virtual functions for guests of their own; `0:` or `1:` in front says of which port. */
  readonly hand?: readonly string[]
  readonly accelerate?: boolean
  readonly memorySize: number
  readonly mac: string
  /** One for a port, `0:` or `1:` in front says which. */
  readonly wire?: readonly string[]
  readonly fault?: readonly string[]
  readonly schedule?: string
  readonly seed?: number
  readonly json?: boolean
  readonly interval?: number
}

/** What of a function's life is worth a line. */
const WORTH = /^(attached|detached|reset|\d+ virtual functions|fault )/

/** Serves until the user, or somebody over the control socket, wants the end. Throws a `UserError` for what cannot be. */
export async function serveCommand(options: ServeOptions, around: Surroundings): Promise<void> {
  const { console, signal } = around
  const folder = path.resolve(options.sockets)
  const memory = options.memory === undefined ? defaultMemory(folder) : path.resolve(options.memory)
  check(options)
  checkMemory(options.memory)
  const schedule = options.schedule === undefined ? undefined : loadSchedule(options.schedule)
  const { json = false, fault = [] } = options
  const show = display(console.stdout, json)
  const functional = (who: string): boolean => !/(wire|schedule)$/.test(who)
  const serving = await Serving.start({
    model: options.model,
    vfs: options.vfs,
    ports: options.ports,
    folder,
    memory,
    accelerator: options.accelerate === true ? await accelerator() : undefined,
    handed: handedOf(options, memory),
    mac: macOf(options.mac),
    wires: wiresOf(options),
    seed: options.seed ?? schedule?.seed ?? 1,
    faults: fault.map((text) => checkFault(faultOfWords(text.split(/\s+/), `--fault ${text}`), `--fault ${text}`)),
    schedule: schedule === undefined ? undefined : { ...schedule, seed: options.seed ?? schedule.seed },
    log: (who, what) => {
      if (!functional(who) || WORTH.test(what)) show.line(`${who}: ${what}`)
    },
  })
  const { nic } = serving
  const { description } = serving
  const line = qemuLine(description, options.memorySize)
  show.line(`${nic.model.title} is served in ${folder}. A guest with it:\n\n${line}\n`)
  for (const one of description.handed) {
    const other = qemuLine(one, options.memorySize)
    show.line(`A guest with ${one.function}, to be started once the first one has enabled it:\n\n${other}\n`)
  }
  const terminal = console.stdout.isTTY === true && !json
  const every = options.interval ?? (terminal ? TERMINAL_INTERVAL_S : LINES_INTERVAL_S)
  const refresh = setInterval(() => show.counters(nic.snapshot()), every * 1000)
  if (terminal) show.counters(nic.snapshot())
  try {
    await Promise.race([serving.stopped, aborted(signal)])
  } finally {
    clearInterval(refresh)
    const last = nic.snapshot()
    await serving.close()
    show.counters(last)
    show.end()
  }
}

function check({ model, vfs, ports }: ServeOptions): void {
  const { title, mostVfs, mostPorts } = MODELS[model]
  // Two ports' virtual functions share bus 0: every second place is the other's.
  const most = mostVfs
  if (vfs > most)
    throw new UserError(`--vfs ${vfs}: ${most === 0 ? `${title} has none` : `${title} can have ${most} here`}`)
  if (ports > mostPorts) throw new UserError(`--ports ${ports}: ${title} has one port`)
}

/** QEMU makes the file where there is none; its guest is what the card reads there. */
function checkMemory(file: string | undefined): void {
  if (file === undefined) return
  const there = statSync(file, { throwIfNoEntry: false })
  if (there?.isDirectory() === true) throw new UserError(`--memory ${file}: it is a folder, a file is expected`)
  if (there === undefined && statSync(path.dirname(path.resolve(file)), { throwIfNoEntry: false }) === undefined)
    throw new UserError(`--memory ${file}: there is no such folder`)
}

function macOf(text: string): Uint8Array {
  const bytes = /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text) ? parseMac(text) : undefined
  if (bytes === undefined || (bytes[0] & 1) !== 0)
    throw new UserError(`--mac ${text}: expected a unicast address such as 52:54:00:12:34:56`)
  return bytes
}

/** What the file of a guest's memory is called that has one function of a card. */
function handedOf({ hand = [], vfs, ports }: ServeOptions, memory: string): Map<number, string>[] {
  const of = Array.from({ length: ports }, () => new Map<number, string>())
  for (const text of hand) {
    const words = /^(?:([01]):)?(\d+)$/.exec(text)
    const [, port = '0', number = ''] = words ?? []
    const found = of.at(Number(port))
    if (vfs === 0) throw new UserError(`--hand ${text}: there are no virtual functions: serve with --vfs`)
    if (words === null || found === undefined || Number(number) >= vfs)
      throw new UserError(`--hand ${text}: expected the number of a virtual function, 0 to ${vfs - 1}; 1:0 is port 1's`)
    found.set(Number(number), `${memory}-${ports > 1 ? `port${port}-` : ''}vf${number}`)
  }
  return of
}

async function accelerator(): Promise<Platform> {
  try {
    return await loadAccelerator()
  } catch (error) {
    throw new UserError(`--accelerate: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** The far ends by port: `1:loop` is port 1's, what names no port is port 0's. */
function wiresOf({ wire = [], ports, sockets }: ServeOptions): ReturnType<typeof parseWires>[] {
  const texts: string[][] = Array.from({ length: ports }, () => [])
  for (const text of wire) {
    const [, number = '0', rest = text] = /^([01]):(.*)$/.exec(text) ?? []
    const of = texts.at(Number(number))
    if (of === undefined) throw new UserError(`--wire ${text}: there is no port ${number}: serve with --ports 2`)
    of.push(rest)
  }
  const wires = texts.map((of) => parseWires(of))
  const others = wires.flatMap(({ far }) => (far?.kind === 'nic' ? [far.folder] : []))
  if (others.includes(path.resolve(sockets)))
    throw new UserError(`--wire nic:${sockets}: this is the card's own folder: loop is a loopback plug`)
  const twice = others.find((folder, n) => others.indexOf(folder) !== n)
  if (twice !== undefined)
    throw new UserError(`--wire nic:${twice}: one cable goes there: give the other port, at both ends, socket:PATH`)
  return wires
}

function loadSchedule(file: string): Schedule {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw new UserError(`--schedule ${file}: cannot be read: ${reason(error)}`)
  }
  return parseSchedule(text, file)
}

/** A file of its own for every folder of sockets, in memory where there is some. */
function defaultMemory(folder: string): string {
  const name = crypto.createHash('sha256').update(folder).digest('hex').slice(0, 12)
  return path.join(memoryFolder(folder), `npa-nic-${name}`)
}

import fs from 'node:fs'
import path from 'node:path'
import { Arena } from '@npa/memory'
import { RealScheduler } from '@npa/vfio-user'
import type { Platform } from '@npa/vfio-user'
import { plug } from '../wire/plug.js'
import type { Cable } from '../wire/plug.js'
import type { FarSpec } from '../wire/wire-spec.js'
import { reason, UserError } from '../user-error.js'
import { MODELS } from './models.js'
import type { Model, ModelName } from './models.js'
import { ServedPort } from './served-port.js'
import type { FunctionState, Layer } from './served-port.js'

/** A path of a unix socket has room for 108 bytes, its end included. */
const LONGEST_SOCKET = 107

/** What is served. */
export interface NicOptions {
  readonly model: ModelName
  readonly vfs: number
  readonly ports: number
  /** Sockets are made in it; it is made if it is not there. */
  readonly folder: string
  /** The file of the guest's memory. Nobody looks at it, or at those of other guests, with an accelerator. */
  readonly memory: string
  /** What serves faster, if not Node alone. */
  readonly accelerator: Platform | undefined
  /** By port: virtual functions that guests of their own have, with the file of each one's memory. */
  readonly handed: readonly ReadonlyMap<number, string>[]
  readonly mac: Uint8Array
  /** One for every port. */
  readonly wires: readonly { readonly far: FarSpec | undefined; readonly captures: readonly string[] }[]
  /** Made of the scheduler and memory that the card lives in; from the chip outwards. */
  readonly layers?: (home: { readonly arena: Arena; readonly scheduler: RealScheduler }) => readonly Layer[]
  readonly log: (who: string, what: string) => void
}

/** Everything that the counters say at an instant. */
export interface Snapshot {
  readonly seconds: number
  readonly functions: readonly FunctionState[]
  readonly ports: readonly {
    readonly link: boolean
    /** Frames that left the card for the wire, and came from it. */
    readonly out: number
    readonly in: number
    /** Frames lost in the card, by its name for the reason. */
    readonly losses: Readonly<Record<string, number>>
    readonly farEnd: Readonly<Record<string, number>>
  }[]
}

/** A card on its sockets, its cables plugged in. */
export class ServedNic {
  readonly model: Model
  readonly arena: Arena
  readonly scheduler: RealScheduler
  readonly ports: readonly ServedPort[]
  readonly cables: readonly Cable[]
  readonly #carriers: boolean[]
  readonly #links: boolean[]

  private constructor(
    options: NicOptions,
    parts: { arena: Arena; scheduler: RealScheduler },
    ports: readonly ServedPort[],
    cables: readonly Cable[],
    carriers: boolean[],
  ) {
    this.model = MODELS[options.model]
    this.arena = parts.arena
    this.scheduler = parts.scheduler
    this.ports = ports
    this.cables = cables
    this.#carriers = carriers
    this.#links = ports.map(() => true)
  }

  /** Serves. Throws a `UserError` for sockets, files or numbers that cannot be. */
  static async start(options: NicOptions): Promise<ServedNic> {
    const model: Model = MODELS[options.model]
    const { folder, memory, accelerator, mac, vfs, ports: count, log, wires } = options
    const arena = new Arena(model.arenaBytes)
    const scheduler = new RealScheduler()
    const layers = options.layers?.({ arena, scheduler }) ?? []
    const made = model.create({ arena, scheduler, mac, vfs, ports: count })
    const carriers = made.map(() => false)
    const cables: Cable[] = []
    const ports: ServedPort[] = []
    try {
      for (const [number, port] of made.entries()) {
        const prefix = count === 1 ? '' : `port${number}/`
        const home = path.join(folder, prefix)
        makeFolder(home, vfs)
        const carrier = (up: boolean): void => {
          carriers[number] = up
          port.linkChanged(up)
        }
        const parts = { arena, scheduler, carrier, folder, log: (what: string) => log(`${prefix}wire`, what) }
        cables.push(await plug(port.wire, wires[number], parts))
        const ram = accelerator === undefined ? { memory } : { accelerator }
        const handed = options.handed[number]
        const served = { model, port, number, prefix, folder, ram, handed, vfs, arena, scheduler, layers, log }
        ports.push(await ServedPort.serve(served))
      }
    } catch (error) {
      for (const cable of cables) cable.close()
      for (const port of ports) await port.close()
      scheduler.stop()
      if (error instanceof Error && 'code' in error) throw new UserError(`${folder}: cannot serve: ${reason(error)}`)
      throw error
    }
    return new ServedNic(options, { arena, scheduler }, ports, cables, carriers)
  }

  /** What QEMU's command line says of the functions. */
  get qemuArguments(): string[] {
    return this.ports.flatMap((port) => port.qemuArguments)
  }

  /** Virtual functions that guests of their own have, by name: what their QEMU's command lines say. */
  get handed(): { readonly function: string; readonly memory: string; readonly qemu: readonly string[] }[] {
    return this.ports.flatMap((port) => port.handed)
  }

  /** Turns a port's link on or off. */
  setLink(port: number, on: boolean): void {
    const found = this.ports.at(port)
    if (found === undefined) throw new UserError(`there is no port ${port}: the card has ${this.ports.length}`)
    this.#links[port] = on
    found.port.setLink(on)
  }

  snapshot(): Snapshot {
    return {
      seconds: this.scheduler.nowNs() / 1e9,
      functions: this.ports.flatMap((port, n) => port.functions(this.cables[n].frames())),
      ports: this.ports.map((port, n) => {
        return {
          link: this.#carriers[n] && this.#links[n],
          ...this.cables[n].frames(),
          losses: port.losses(),
          farEnd: this.cables[n].wire.counters(),
        }
      }),
    }
  }

  /** Drops all clients, sockets and cables. */
  async close(): Promise<void> {
    for (const port of this.ports) await port.close()
    for (const cable of this.cables) cable.close()
    this.scheduler.stop()
  }
}

function makeFolder(folder: string, vfs: number): void {
  const longest = path.join(folder, vfs > 10 ? 'vf00' : 'vf0')
  if (Buffer.byteLength(longest) > LONGEST_SOCKET)
    throw new UserError(
      `--sockets ${folder}: too long for unix sockets, which take ${LONGEST_SOCKET} bytes: choose another folder`,
    )
  try {
    make(folder)
  } catch (error) {
    throw new UserError(`--sockets ${folder}: cannot be made: ${reason(error)}`)
  }
}

/** One folder at a time: below /proc, Node's recursive mkdir does not come back. */
function make(folder: string): void {
  if (fs.existsSync(folder)) return
  make(path.dirname(folder))
  fs.mkdirSync(folder)
}

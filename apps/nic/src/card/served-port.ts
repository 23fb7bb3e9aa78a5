import path from 'node:path'
import type { Arena } from '@npa/memory'
import { through, wrapVirtual } from '@npa/pci'
import type { PciFunction } from '@npa/pci'
import { qemuArguments, serveCard, serveFunction } from '@npa/vfio-user'
import type { CardServer, FunctionServer, RealScheduler, ServeOptions } from '@npa/vfio-user'
import { FunctionMeter } from './function-meter.js'
import type { FunctionCounts } from './function-meter.js'
import type { Model, ModelPort } from './models.js'
import { VfFrames } from './vf-frames.js'

/** Routing ids from 00:02.0 on: with the offset and stride of Intel's chips virtual functions stay on bus 0. */
const FIRST_RID = 0x10

/** Stands between the chip's function and its guest; `who` is the function's name: `pf`, `vf0`, with `port1/` in front on a second port. */
export type Layer = (fn: PciFunction, who: string) => PciFunction

/** What a port is served with. */
export interface ServedPortOptions {
  readonly model: Model
  readonly port: ModelPort
  readonly number: number
  /** In front of its functions' names, and the folder of their sockets: empty, or `port0/`. */
  readonly prefix: string
  readonly folder: string
  /** The guest's memory, as servers are told of it. */
  readonly ram: Pick<ServeOptions, 'memory' | 'accelerator'>
  /** Virtual functions that guests of their own have, with the file of each one's memory. */
  readonly handed: ReadonlyMap<number, string>
  readonly vfs: number
  readonly arena: Arena
  readonly scheduler: RealScheduler
  /** From the chip outwards. */
  readonly layers: readonly Layer[]
  readonly log: (who: string, what: string) => void
}

/** A function as a table shows it. */
export interface FunctionState extends FunctionCounts {
  readonly name: string
  /** A client, QEMU, is connected. */
  readonly attached: boolean
  /** It is there for its guest: virtual ones while they are enabled. */
  readonly exists: boolean
  /** Frames of its queues, received and sent. */
  readonly rx: number
  readonly tx: number
}

/** Functions of one port, each on its socket, and what is counted of them. */
export class ServedPort {
  readonly qemuArguments: readonly string[]
  readonly port: ModelPort
  readonly #options: ServedPortOptions
  readonly #pf: FunctionMeter
  readonly #vfs: readonly FunctionMeter[]
  readonly #frames: readonly VfFrames[]
  readonly #servers: readonly FunctionServer[]
  readonly #card: CardServer | undefined

  private constructor(
    options: ServedPortOptions,
    functions: { pf: FunctionMeter; vfs: readonly FunctionMeter[]; frames: readonly VfFrames[] },
    served: { card?: CardServer; servers: readonly FunctionServer[]; args: readonly string[] },
  ) {
    this.#options = options
    this.port = options.port
    this.#pf = functions.pf
    this.#vfs = functions.vfs
    this.#frames = functions.frames
    this.#card = served.card
    this.#servers = served.servers
    this.qemuArguments = served.args
  }

  /** Listens on every socket. Rejects with the operating system's error. */
  static async serve(options: ServedPortOptions): Promise<ServedPort> {
    const { model, port, prefix, folder, ram, handed, arena, scheduler, number, layers, log } = options
    const vfs: FunctionMeter[] = []
    const frames: VfFrames[] = []
    const layered: Layer = (fn, who) => layers.reduce((inner, layer) => layer(inner, who), fn)
    const chip: PciFunction = {
      ...through(port.pf),
      attach: (dma, msi, vfsChanged) =>
        port.pf.attach(dma, msi, (vfs) => {
          // Those that go are reset next, and their counters with them.
          for (const one of frames) one.settle()
          vfsChanged(vfs)
        }),
    }
    const pf = new FunctionMeter(
      layered(
        wrapVirtual(chip, (fn, vf) => {
          if (model.view !== undefined) frames.push(new VfFrames(fn, model.view.frames))
          const meter = new FunctionMeter(layered(fn, `${prefix}vf${vf}`))
          vfs.push(meter)
          return meter.fn
        }),
        `${prefix}pf`,
      ),
    )
    const home = path.join(folder, prefix)
    const rid = FIRST_RID + number
    const common = { ...ram, arena, scheduler }
    if (options.vfs === 0) {
      const socket = path.join(home, 'pf')
      const server = await serveFunction({ ...common, socket, fn: pf.fn, log: (what) => log(`${prefix}pf`, what) })
      const served = { servers: [server], args: qemuArguments([{ socket, rid }]) }
      return new ServedPort(options, { pf, vfs, frames }, served)
    }
    const card = await serveCard({
      ...common,
      folder: home,
      pf: pf.fn,
      rid,
      handed,
      log: (who, what) => log(`${prefix}${who}`, what),
    })
    for (const { counts } of [pf, ...vfs]) counts.resets = 0
    // Of one that is another guest's, that guest is the client that counts.
    const vfServers = card.vfs.map((server, vf) => card.handed.get(vf)?.server ?? server)
    const served = { card, servers: [card.pf, ...vfServers], args: card.qemuArguments }
    return new ServedPort(options, { pf, vfs, frames }, served)
  }

  /** Functions that guests of their own have, and what these guests' QEMU is told. */
  get handed(): { readonly function: string; readonly memory: string; readonly qemu: readonly string[] }[] {
    const { prefix, handed } = this.#options
    return Array.from(handed, ([vf, memory]) => {
      return { function: `${prefix}vf${vf}`, memory, qemu: this.#card?.handed.get(vf)?.qemuArguments ?? [] }
    })
  }

  /** Whether any client is connected. */
  get attached(): boolean {
    return this.#servers.some(({ attached }) => attached)
  }

  /** The functions, the physical one first. `cable` are the port's frames on the wire. */
  functions(cable: { readonly out: number; readonly in: number }): FunctionState[] {
    const { prefix, port, model } = this.#options
    const enabled = this.#card?.enabled ?? 0
    // A card without a switch has one function, whose frames are the cable's.
    let rx = model.view === undefined ? cable.in : port.counters.get('delivered')
    let tx = model.view === undefined ? cable.out : port.counters.get('sent')
    const vfs = this.#vfs.map((meter, vf): FunctionState => {
      const exists = vf < enabled
      const frames = this.#frames[vf].update(exists)
      rx -= frames.rx
      tx -= frames.tx
      const attached = this.#servers[vf + 1].attached
      return { name: `${prefix}vf${vf}`, attached, exists, ...meter.counts, ...frames }
    })
    const attached = this.#servers[0].attached
    return [{ name: `${prefix}pf`, attached, exists: true, ...this.#pf.counts, rx, tx }, ...vfs]
  }

  /** What the card lost, by the name it has for it. */
  losses(): Record<string, number> {
    const { model, port } = this.#options
    return Object.fromEntries(
      Object.entries(port.counters.snapshot()).filter(([name, count]) => count > 0 && model.losses.test(name)),
    )
  }

  /** Drops all clients and sockets. */
  async close(): Promise<void> {
    if (this.#card !== undefined) await this.#card.close()
    else await Promise.all(this.#servers.map((server) => server.close()))
  }
}

import { removeDescription, writeDescription } from '../card/description.js'
import type { Description } from '../card/description.js'
import { MODELS } from '../card/models.js'
import { ServedNic } from '../card/served-nic.js'
import type { NicOptions, Snapshot } from '../card/served-nic.js'
import { ControlServer } from '../control/control-server.js'
import type { Serve } from '../control/control-server.js'
import type { Request } from '../control/protocol.js'
import { FaultBoard } from '../faults/fault-board.js'
import type { ActiveFault } from '../faults/fault-board.js'
import { checkFault } from '../faults/fault-schema.js'
import type { FaultRequest, Schedule } from '../faults/fault-schema.js'
import { ScheduleRunner } from '../faults/schedule-runner.js'
import { TracedFunction } from '../trace/traced-function.js'
import { passes } from '../trace/trace-event.js'
import { Tracer } from '../trace/tracer.js'
import { UserError } from '../user-error.js'
import { PEER_IP } from '../wire/peer-wire.js'
import { captureFrames } from './capture-frames.js'

/** What is served, and how it is to fail. */
export interface ServingOptions extends Omit<NicOptions, 'layers'> {
  /** Seeds of faults that bring none are drawn from it. */
  readonly seed: number
  /** Begun before any client can come. */
  readonly faults: readonly FaultRequest[]
  readonly schedule: Schedule | undefined
}

/** What `status` answers. */
export interface Status {
  readonly model: string
  readonly counters: Snapshot
  readonly faults: readonly ActiveFault[]
  /** How often each kind of fault has struck. */
  readonly struck: Readonly<Record<string, number>>
}

/** A served card with its control socket, its faults and its tracer. */
export class Serving {
  readonly nic: ServedNic
  /** Settles when somebody asks for the end over the control socket. */
  readonly stopped: Promise<void>
  readonly #options: ServingOptions
  readonly #board: FaultBoard
  readonly #tracer: Tracer
  #control: ControlServer | undefined
  #stop: () => void = () => undefined

  private constructor(options: ServingOptions, nic: ServedNic, board: FaultBoard, tracer: Tracer) {
    this.#options = options
    this.nic = nic
    this.#board = board
    this.#tracer = tracer
    this.stopped = new Promise((resolve) => (this.#stop = resolve))
  }

  /** Serves. Throws a `UserError` for what cannot be. */
  static async start(options: ServingOptions): Promise<Serving> {
    const { folder, model: modelName, seed, log } = options
    // Its sockets would be taken away from it.
    if (await ControlServer.isServed(folder))
      throw new UserError(
        `${folder}: a card is served there already: choose another folder, or end it with npa-nic ctl ${folder} stop`,
      )
    const model = MODELS[modelName]
    let made: { board: FaultBoard; tracer: Tracer } | undefined
    let came: () => void = () => undefined
    const told = (who: string, what: string): void => {
      if (what === 'attached') came()
      made?.tracer.tell(who, 'event', what)
      log(who, what)
    }
    const nic = await ServedNic.start({
      ...options,
      log: told,
      layers: ({ arena, scheduler }) => {
        const tracer = new Tracer(scheduler)
        const faultLog = (who: string, what: string): void => {
          tracer.tell(who, 'fault', what)
          log(who, what)
        }
        const board = new FaultBoard({ model, arena, clock: scheduler, seed, log: faultLog })
        made = { board, tracer }
        return [
          (fn, who) => board.layer(fn, who),
          (fn, who) => new TracedFunction(fn, { who, modelName, model, arena, tracer }).fn,
        ]
      },
    })
    if (made === undefined) throw new Error('the card was made without its layers')
    const { board, tracer } = made
    const serving = new Serving(options, nic, board, tracer)
    try {
      board.ports = nic.ports.map((_, n) => ({
        setLink: (on: boolean) => nic.setLink(n, on),
        send: (frame: Uint8Array) => nic.cables[n].wire.send(frame),
      }))
      for (const fault of options.faults) board.begin(fault)
      const runner = serving.#runner()
      came = () => runner?.start()
      serving.#control = await ControlServer.listen(options.folder, (request, connection) =>
        serving.#serve(request, connection),
      )
      writeDescription(options.folder, serving.description)
    } catch (error) {
      await serving.close()
      throw error
    }
    return serving
  }

  status(): Status {
    return {
      model: this.#options.model,
      counters: this.nic.snapshot(),
      faults: this.#board.list(),
      struck: this.#board.struck(),
    }
  }

  /** Begins a fault; its number. Throws a `UserError` when this card cannot fail so. */
  fault(request: FaultRequest): number {
    return this.#board.begin(request)
  }

  /** Ends a fault, or all. Throws a `UserError` for a number that no fault has. */
  clear(id?: number): void {
    this.#board.clear(id)
  }

  async close(): Promise<void> {
    this.#board.clear()
    await this.#control?.close()
    await this.nic.close()
    removeDescription(this.#options.folder)
  }

  #runner(): ScheduleRunner | undefined {
    const { schedule, log } = this.#options
    if (schedule === undefined) return undefined
    return new ScheduleRunner(schedule, {
      board: this.#board,
      clock: this.nic.scheduler,
      counts: (name) => {
        const found = this.nic.snapshot().functions.find((fn) => fn.name === name)
        return found === undefined
          ? undefined
          : { reads: found.reads, writes: found.writes, interrupts: found.interrupts, resets: found.resets }
      },
      failed: (what) => log('schedule', what),
    })
  }

  /** What the card says of itself to the other commands. */
  get description(): Description {
    const { model, vfs, ports, accelerator, wires } = this.#options
    const peers = wires.map(({ far, captures }) =>
      far?.kind === 'peer' ? far.ip : far === undefined && captures.length === 0 ? PEER_IP : null,
    )
    const told = (memory: string): string | null => (accelerator === undefined ? memory : null)
    const memory = told(this.#options.memory)
    const handed = this.nic.handed.map((one) => ({ ...one, memory: told(one.memory), qemu: one.qemu.slice() }))
    const qemu = this.nic.qemuArguments
    return { version: 1, pid: process.pid, model, vfs, ports, memory, qemu, handed, peers }
  }

  #serve(request: Request, connection: Parameters<Serve>[1]): unknown {
    switch (request.do) {
      case 'status':
        return this.status()
      case 'fault':
        return { id: this.fault(checkFault(request.fault, 'fault')) }
      case 'clear':
        this.clear(request.id)
        return undefined
      case 'link':
        this.nic.setLink(request.port, request.up)
        return undefined
      case 'trace': {
        const wanted = passes(request)
        const stop = [this.#tracer.listen((event) => wanted(event) && connection.send(event))]
        if (request.pcapng !== undefined) stop.push(captureFrames(request.pcapng, this.nic, this.#tracer))
        connection.gone(() => {
          for (const each of stop) each()
        })
        return undefined
      }
      case 'stop':
        this.#stop()
        return undefined
    }
  }
}

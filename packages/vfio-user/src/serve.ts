import fs from 'node:fs'
import type { Arena } from '@npa/memory'
import type { MsiTarget, PciFunction } from '@npa/pci'
import { ClientChannel } from './client-channel.js'
import { FunctionRegions } from './function-regions.js'
import { GuestMemory } from './guest-memory.js'
import { MessageReader } from './message-reader.js'
import type { Connection, Listener, Platform } from './platform.js'
import { Errno } from './protocol.js'
import { pureNode } from './pure-node.js'
import type { RealScheduler } from './real-scheduler.js'
import { Session } from './session.js'

/** What to serve, where. */
export interface ServeOptions {
  /** Path of the unix socket. A socket that a dead server left there is replaced. */
  readonly socket: string
  /** Path of the file that is the guest's memory; it may appear as late as the client. Not needed with an accelerator. */
  readonly memory?: string
  /** Native help: what `loadAccelerator` of `@npa/vfio-user/koffi` resolves to. */
  readonly accelerator?: Platform
  readonly fn: PciFunction
  /** Where the function has its own memory. */
  readonly arena: Arena
  /** Runs the function's tasks; it gets a turn after each of the client's messages. */
  readonly scheduler: RealScheduler
  /** Told in words when a client comes, maps, resets and goes. */
  readonly log?: (what: string) => void
  /** The virtual functions that exist now, when that changes. */
  readonly vfsChanged?: (vfs: readonly PciFunction[]) => void
  /** Whether the guest is to see the function's SR-IOV capability: where its virtual functions are served too, as `serveCard` does. */
  readonly sriov?: boolean
}

/** What a server has seen so far, all sessions together. */
export interface ServerStatistics {
  sessions: number
  /** Connections that came while a client was attached, and were closed. */
  refusedConnections: number
  messages: number
  /** Connections closed for a message length that cannot be. */
  brokenStreams: number
  /** Interrupts sent to clients. */
  interrupts: number
}

/** A function on its socket. One client at a time; when it goes the function is reset and the next may come. */
export class FunctionServer {
  readonly statistics: ServerStatistics = {
    sessions: 0,
    refusedConnections: 0,
    messages: 0,
    brokenStreams: 0,
    interrupts: 0,
  }
  readonly #options: ServeOptions
  readonly #platform: Platform
  readonly #log: (what: string) => void
  #listener: Listener | undefined
  #client: Connection | undefined
  #channel: ClientChannel | undefined
  /** Resolves when the client of now is gone. */
  #gone: Promise<void> = Promise.resolve()

  constructor(options: ServeOptions, platform: Platform) {
    this.#options = options
    this.#platform = platform
    this.#log = options.log ?? nobody
  }

  /** Begins to serve; once. */
  async listen(): Promise<void> {
    this.#listener = await this.#platform.listen(this.#options.socket, (connection) => this.#connected(connection))
  }

  /** Whether a client is connected now. */
  get attached(): boolean {
    return this.#client !== undefined
  }

  /** Writes a word to the client's bus as the function; nothing happens without a client. */
  writeBus(lo: number, hi: number, word: number): void {
    this.#channel?.dmaWriteWord(lo, hi, word)
  }

  /** Drops the client and the socket; resolves when both are gone. */
  async close(): Promise<void> {
    const closed = this.#listener?.close()
    this.#client?.destroy()
    await closed
    await this.#gone
  }

  #connected(connection: Connection): void {
    if (this.#client !== undefined) {
      this.statistics.refusedConnections++
      connection.destroy()
      return
    }
    this.#client = connection
    this.statistics.sessions++
    const { fn, arena, scheduler, vfsChanged = nobody, sriov = false } = this.#options
    const memory = new GuestMemory(this.#platform.memory(arena))
    const channel = new ClientChannel(connection)
    this.#channel = channel
    const regions = new FunctionRegions(fn, sriov)
    const interrupts = this.#platform.interrupts(fn, regions, channel)
    const { descriptors } = connection
    const session = new Session({ fn, regions, memory, interrupts, channel, descriptors, log: this.#log })
    const msi: MsiTarget = {
      message: (lo, hi, data) => {
        if (this.#client !== connection) return
        const before = interrupts.sent
        interrupts.message(lo, hi, data)
        this.statistics.interrupts += interrupts.sent - before
      },
    }
    fn.attach(memory, msi, vfsChanged)
    const reader = new MessageReader((bytes, at, size) => {
      if (connection.destroyed) return
      this.statistics.messages++
      session.message(bytes, at, size)
    })
    let gone: () => void = nobody
    this.#gone = new Promise((resolve) => (gone = resolve))
    connection.start(reader, {
      caughtUp: () => scheduler.burst(),
      broken: () => {
        this.statistics.brokenStreams++
        channel.replyError(0, 0, Errno.messageSize)
        connection.destroySoon()
      },
      closed: () => {
        this.#client = undefined
        this.#channel = undefined
        fn.reset('power')
        interrupts.close()
        memory.close()
        this.#log('detached')
        gone()
      },
    })
  }
}

/**
 * Listens, and serves the function to one client after another. Rejects with an `Error` when the path cannot be listened on, with a
 * `TypeError` when it is not said where the guest's memory is.
 */
export async function serveFunction(options: ServeOptions): Promise<FunctionServer> {
  const { socket, memory, accelerator } = options
  const platform = accelerator ?? (memory === undefined ? undefined : pureNode(memory))
  if (platform === undefined)
    throw new TypeError('the path of the guest memory is needed where there is no accelerator')
  if (fs.lstatSync(socket, { throwIfNoEntry: false })?.isSocket() === true) fs.unlinkSync(socket)
  const server = new FunctionServer(options, platform)
  await server.listen()
  return server
}

function nobody(): void {
  /* nobody asked to be told */
}

import fs from 'node:fs'
import net from 'node:net'
import type { Arena } from '@npa/memory'
import type { MsiTarget, PciFunction } from '@npa/pci'
import { ClientChannel } from './client-channel.js'
import { GuestMemory } from './guest-memory.js'
import { MessageReader } from './message-reader.js'
import { Errno } from './protocol.js'
import type { RealScheduler } from './real-scheduler.js'
import { Session } from './session.js'

/** What to serve, where. */
export interface ServeOptions {
  /** Path of the unix socket. A socket that a dead server left there is replaced. */
  readonly socket: string
  /** Path of the file that is the guest's memory; it may appear as late as the client. */
  readonly memory: string
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
  /** Interrupt messages sent. */
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
  readonly #server: net.Server
  readonly #log: (what: string) => void
  #client: net.Socket | undefined
  #channel: ClientChannel | undefined

  constructor(options: ServeOptions, server: net.Server) {
    this.#options = options
    this.#server = server
    this.#log = options.log ?? nobody
    server.on('connection', (socket) => this.#connected(socket))
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
    const closed = new Promise<void>((done) => this.#server.close(() => done()))
    this.#client?.destroy()
    await closed
  }

  #connected(socket: net.Socket): void {
    if (this.#client !== undefined) {
      this.statistics.refusedConnections++
      socket.destroy()
      return
    }
    this.#client = socket
    this.statistics.sessions++
    const { fn, arena, memory: path, scheduler, vfsChanged = nobody, sriov = false } = this.#options
    const memory = new GuestMemory(arena, path)
    const channel = new ClientChannel(socket)
    this.#channel = channel
    const session = new Session({ fn, sriov, memory, channel, log: this.#log })
    const msi: MsiTarget = {
      message: (lo, hi, data) => {
        if (this.#client !== socket) return
        this.statistics.interrupts++
        channel.dmaWriteWord(lo, hi, data)
      },
    }
    fn.attach(memory, msi, vfsChanged)
    const reader = new MessageReader((bytes, at, size) => {
      if (socket.destroyed) return
      this.statistics.messages++
      session.message(bytes, at, size)
    })
    socket.on('data', (chunk) => {
      socket.cork()
      if (!reader.feed(chunk)) {
        this.statistics.brokenStreams++
        channel.replyError(0, 0, Errno.messageSize)
        socket.uncork()
        socket.destroySoon()
        return
      }
      socket.uncork()
      scheduler.burst()
    })
    // What follows is the same for a client that closes, breaks, or dies.
    socket.on('error', nobody)
    socket.on('close', () => {
      this.#client = undefined
      this.#channel = undefined
      fn.reset('power')
      memory.clear()
      this.#log('detached')
    })
  }
}

/** Listens, and serves the function to one client after another. Rejects with an `Error` when the path cannot be listened on. */
export async function serveFunction(options: ServeOptions): Promise<FunctionServer> {
  if (fs.lstatSync(options.socket, { throwIfNoEntry: false })?.isSocket() === true) fs.unlinkSync(options.socket)
  const server = net.createServer()
  const served = new FunctionServer(options, server)
  await new Promise<void>((listening, failed) => {
    server.once('error', failed)
    server.listen(options.socket, listening)
  })
  return served
}

function nobody(): void {
  /* nobody asked to be told */
}

import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { UserError } from '../user-error.js'
import { LineReader } from './line-reader.js'
import { CONTROL_SOCKET, requestSchema } from './protocol.js'
import type { Answer, Request } from './protocol.js'

/** Does what is asked. `send` puts more lines on the connection, `gone` is told when it ends. Throws a `UserError` for what cannot be. */
export type Serve = (
  request: Request,
  connection: { send: (line: unknown) => void; gone: (ended: () => void) => void },
) => unknown

/** What waits for a client that does not read; then it is cut off. */
const MOST_WAITING_BYTES = 16 << 20

/** The control socket of a served card. Whoever may write to the folder may use it. */
export class ControlServer {
  readonly #server: net.Server
  readonly #clients = new Set<net.Socket>()
  readonly #serve: Serve

  private constructor(server: net.Server, serve: Serve) {
    this.#server = server
    this.#serve = serve
    server.on('connection', (socket) => this.#accept(socket))
  }

  /** Rejects with the operating system's error. */
  static async listen(folder: string, serve: Serve): Promise<ControlServer> {
    const file = path.join(folder, CONTROL_SOCKET)
    if (fs.lstatSync(file, { throwIfNoEntry: false })?.isSocket() === true) fs.unlinkSync(file)
    const server = net.createServer()
    const control = new ControlServer(server, serve)
    await new Promise<void>((listening, failed) => {
      server.once('error', failed)
      server.listen(file, listening)
    })
    return control
  }

  /** Whether somebody listens in the folder; a socket that another server has left behind is nobody. */
  static async isServed(folder: string): Promise<boolean> {
    const socket = net.connect(path.join(folder, CONTROL_SOCKET))
    const served = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
    })
    socket.destroy()
    return served
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((done) => this.#server.close(() => done()))
    for (const socket of this.#clients) socket.destroy()
    await closed
  }

  #accept(socket: net.Socket): void {
    this.#clients.add(socket)
    const send = (line: unknown): void => {
      if (socket.writableLength > MOST_WAITING_BYTES) socket.destroy()
      else socket.write(`${JSON.stringify(line)}\n`)
    }
    const connection = { send, gone: (ended: () => void) => void socket.once('close', ended) }
    const lines = new LineReader((line) => {
      if (!socket.destroyed) send(this.#answer(line, connection))
    })
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => {
      if (lines.feed(text)) return
      send({ ok: false, error: 'a line too long for a request' })
      socket.destroySoon()
    })
    socket.on('error', () => socket.destroy())
    socket.once('close', () => this.#clients.delete(socket))
  }

  #answer(line: string, connection: Parameters<Serve>[1]): Answer {
    let raw: unknown
    try {
      raw = JSON.parse(line)
    } catch {
      return { ok: false, error: 'not JSON' }
    }
    const parsed = requestSchema.safeParse(raw)
    if (!parsed.success) {
      const [issue] = parsed.error.issues
      return { ok: false, error: `${issue.path.join('.') || 'request'}: ${issue.message}` }
    }
    try {
      return { ok: true, result: this.#serve(parsed.data, connection) }
    } catch (error) {
      if (error instanceof UserError) return { ok: false, error: error.message }
      throw error
    }
  }
}

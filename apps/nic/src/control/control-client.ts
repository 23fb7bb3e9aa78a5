import net from 'node:net'
import path from 'node:path'
import { reason, UserError } from '../user-error.js'
import { LineReader } from './line-reader.js'
import { answerSchema, CONTROL_SOCKET } from './protocol.js'
import type { Request } from './protocol.js'

/** Lines that come from a served card are its own; only memory limits them. */
const MOST_ANSWER = 1 << 26

/** A connection to a served card. */
export class ControlClient {
  readonly #socket: net.Socket
  readonly #folder: string
  readonly #lines: string[] = []
  #changed: () => void = () => undefined
  #ended = false

  private constructor(socket: net.Socket, folder: string) {
    this.#socket = socket
    this.#folder = folder
    const lines = new LineReader((line) => {
      this.#lines.push(line)
      this.#changed()
    })
    socket.setEncoding('utf8')
    socket.on('data', (text: string) => void lines.feed(text, MOST_ANSWER))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      this.#ended = true
      this.#changed()
    })
  }

  /** Throws a `UserError` when no card is served in the folder. */
  static async connect(folder: string): Promise<ControlClient> {
    const socket = net.connect(path.join(folder, CONTROL_SOCKET))
    await new Promise<void>((connected, failed) => {
      socket.once('connect', connected)
      socket.once('error', (error) => {
        failed(
          new UserError(
            `${folder}: no card is served here (${reason(error)}): start one with npa-nic serve --sockets ${folder}`,
          ),
        )
      })
    })
    return new ControlClient(socket, folder)
  }

  /** The result of a request. Throws a `UserError` with what the card says. */
  async ask(request: Request): Promise<unknown> {
    this.#socket.write(`${JSON.stringify(request)}\n`)
    const line = await this.next()
    if (line === undefined) throw new UserError('the served card has gone')
    const { success, data: answer } = answerSchema.safeParse(line)
    if (!success) throw this.#stranger()
    if (!answer.ok) throw new UserError(answer.error)
    return answer.result
  }

  /** The next line, or undefined when the connection is over. Throws a `UserError` for one that no card has written. */
  async next(): Promise<unknown> {
    while (this.#lines.length === 0 && !this.#ended) await new Promise<void>((changed) => (this.#changed = changed))
    const line = this.#lines.shift()
    if (line === undefined) return undefined
    try {
      return JSON.parse(line)
    } catch {
      throw this.#stranger()
    }
  }

  #stranger(): UserError {
    return new UserError(`${this.#folder}: who listens there is no card of this version of npa-nic serve`)
  }

  close(): void {
    this.#socket.destroy()
  }
}

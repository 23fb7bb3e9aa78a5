import net from 'node:net'
import path from 'node:path'
import { reason, UserError } from '../user-error.js'
import { LineReader } from './line-reader.js'
import { CONTROL_SOCKET } from './protocol.js'
import type { Answer, Request } from './protocol.js'

/** Lines that come from a served card are its own; only memory limits them. */
const MOST_ANSWER = 1 << 26

/** A connection to a served card. */
export class ControlClient {
  readonly #socket: net.Socket
  readonly #lines: unknown[] = []
  #changed: () => void = () => undefined
  #ended = false

  private constructor(socket: net.Socket) {
    this.#socket = socket
    const lines = new LineReader((line) => {
      this.#lines.push(JSON.parse(line))
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
    return new ControlClient(socket)
  }

  /** The result of a request. Throws a `UserError` with what the card says. */
  async ask(request: Request): Promise<unknown> {
    this.#socket.write(`${JSON.stringify(request)}\n`)
    const answer = (await this.next()) as Answer | undefined
    if (answer === undefined) throw new UserError('the served card has gone')
    if (!answer.ok) throw new UserError(answer.error)
    return answer.result
  }

  /** The next line, or undefined when the connection is over. */
  async next(): Promise<unknown> {
    while (this.#lines.length === 0 && !this.#ended) await new Promise<void>((changed) => (this.#changed = changed))
    return this.#lines.shift()
  }

  close(): void {
    this.#socket.destroy()
  }
}

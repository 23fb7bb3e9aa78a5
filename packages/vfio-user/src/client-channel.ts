import { Command, DmaAccess, Header, MessageFlag, putU64 } from './protocol.js'
import type { ErrnoValue } from './protocol.js'

/** Bytes that may wait for a client that does not read, and commands for one that does not answer. */
const MOST_WAITING_BYTES = 8 << 20
const MOST_WAITING_COMMANDS = 16384

/** What a channel needs of a socket. */
export interface ClientSocket {
  readonly destroyed: boolean
  readonly writableLength: number
  write(bytes: Buffer): unknown
  destroy(): unknown
}

type Answer = (payload: Buffer | undefined) => void

/** The server's way to one client: replies, and commands of its own. Commands never wait: answers come when they come. */
export class ClientChannel {
  readonly #socket: ClientSocket
  readonly #answers = new Map<number, Answer>()
  #nextId = 0
  #held: Buffer[] = []
  #holding = false
  /** Answers that the client gave with an error. */
  refused = 0
  /** Replies to nothing. */
  strayReplies = 0

  constructor(socket: ClientSocket) {
    this.#socket = socket
  }

  /** Commands are kept back until `release`: a command being executed is answered before what it causes is sent. */
  hold(): void {
    this.#holding = true
  }

  release(): void {
    this.#holding = false
    if (this.#held.length === 0) return
    for (const message of this.#held) this.#send(message)
    this.#held = []
  }

  reply(id: number, command: number, payload: Buffer): void {
    const message = Buffer.allocUnsafe(Header.bytes + payload.length)
    header(message, id, command, MessageFlag.reply, 0)
    payload.copy(message, Header.bytes)
    this.#send(message)
  }

  replyError(id: number, command: number, errno: ErrnoValue): void {
    const message = Buffer.allocUnsafe(Header.bytes)
    header(message, id, command, MessageFlag.reply | MessageFlag.error, errno)
    this.#send(message)
  }

  /** Writes one word to the bus: what an MSI is. */
  dmaWriteWord(lo: number, hi: number, data: number): void {
    const message = this.#dma(Command.dmaWrite, DmaAccess.bytes + 4, 4)
    message.writeUInt32LE(lo, Header.bytes)
    message.writeUInt32LE(hi, Header.bytes + 4)
    message.writeUInt32LE(data, Header.bytes + DmaAccess.bytes)
    this.#command(message, ignore)
  }

  /** Reads the bus; `done` gets the bytes, or undefined when the client refuses or answers something else. */
  dmaRead(address: number, bytes: number, done: Answer): void {
    const message = this.#dma(Command.dmaRead, DmaAccess.bytes, bytes)
    putU64(message, Header.bytes + DmaAccess.address, address)
    this.#command(message, (payload) =>
      done(payload?.length === DmaAccess.bytes + bytes ? payload.subarray(DmaAccess.bytes) : undefined),
    )
  }

  /** A reply of the client's. */
  answered(id: number, flags: number, payload: Buffer): void {
    const answer = this.#answers.get(id)
    if (answer === undefined) {
      this.strayReplies++
      return
    }
    this.#answers.delete(id)
    const failed = (flags & MessageFlag.error) !== 0
    if (failed) this.refused++
    answer(failed ? undefined : payload)
  }

  #dma(command: number, payload: number, count: number): Buffer {
    const message = Buffer.alloc(Header.bytes + payload)
    header(message, 0, command, MessageFlag.command, 0)
    putU64(message, Header.bytes + DmaAccess.count, count)
    return message
  }

  #command(message: Buffer, answer: Answer): void {
    if (this.#answers.size >= MOST_WAITING_COMMANDS) {
      this.#socket.destroy()
      return
    }
    while (this.#answers.has(this.#nextId)) this.#nextId = (this.#nextId + 1) & 0xffff
    message.writeUInt16LE(this.#nextId, Header.id)
    this.#answers.set(this.#nextId, answer)
    this.#nextId = (this.#nextId + 1) & 0xffff
    if (this.#holding) this.#held.push(message)
    else this.#send(message)
  }

  #send(message: Buffer): void {
    if (this.#socket.destroyed) return
    this.#socket.write(message)
    if (this.#socket.writableLength > MOST_WAITING_BYTES) this.#socket.destroy()
  }
}

function header(message: Buffer, id: number, command: number, flags: number, error: number): void {
  message.writeUInt16LE(id, Header.id)
  message.writeUInt16LE(command, Header.command)
  message.writeUInt32LE(message.length, Header.size)
  message.writeUInt32LE(flags, Header.flags)
  message.writeUInt32LE(error, Header.error)
}

function ignore(): void {
  /* counted by the channel */
}

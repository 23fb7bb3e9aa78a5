import { Header, MAX_MESSAGE } from './protocol.js'

/** Takes one whole message of `size` bytes at `at`, borrowed. */
export type MessageHandler = (bytes: Buffer, at: number, size: number) => void

/** Cuts a stream of bytes, split anywhere, into messages. */
export class MessageReader {
  readonly #handle: MessageHandler
  #pending: Buffer = Buffer.alloc(4096)
  #have = 0

  constructor(handle: MessageHandler) {
    this.#handle = handle
  }

  /** Whether the next byte belongs to a message's header. */
  get inHeader(): boolean {
    return this.#have < Header.bytes
  }

  /** Whether the next byte begins a message. */
  get between(): boolean {
    return this.#have === 0
  }

  /** Bytes that complete the header, or else the message, that the next byte belongs to. */
  get wanted(): number {
    return (this.inHeader ? Header.bytes : messageSize(this.#pending, 0, this.#have)) - this.#have
  }

  /**
   * Handles every message that ends in the first `length` bytes of the chunk. False: a length that cannot be; nothing after it can be
   * understood.
   */
  feed(chunk: Buffer, length: number = chunk.length): boolean {
    let at = 0
    while (at < length) {
      if (this.#have > 0) {
        const taken = this.#complete(chunk, at, length)
        if (taken < 0) return false
        at += taken
        continue
      }
      const size = messageSize(chunk, at, length - at)
      if (size < 0) return false
      if (size === 0 || size > length - at) {
        this.#keep(chunk, at, length)
        return true
      }
      this.#handle(chunk, at, size)
      at += size
    }
    return true
  }

  /** Adds to the message begun by earlier chunks; returns the bytes taken, or -1 for a broken length. */
  #complete(chunk: Buffer, at: number, length: number): number {
    const size = messageSize(this.#pending, 0, this.#have)
    const wanted = (size === 0 ? Header.bytes : size) - this.#have
    const taken = Math.min(wanted, length - at)
    this.#keep(chunk, at, at + taken)
    const now = messageSize(this.#pending, 0, this.#have)
    if (now < 0) return -1
    if (now > 0 && this.#have === now) {
      this.#have = 0
      this.#handle(this.#pending, 0, now)
    }
    return taken
  }

  #keep(chunk: Buffer, from: number, to: number): void {
    const need = this.#have + to - from
    if (need > this.#pending.length) {
      const grown = Buffer.alloc(Math.min(Math.max(need, 2 * this.#pending.length), MAX_MESSAGE))
      this.#pending.copy(grown, 0, 0, this.#have)
      this.#pending = grown
    }
    chunk.copy(this.#pending, this.#have, from, to)
    this.#have = need
  }
}

/** The size of the message that starts at `at`, 0 while too little of it is there, -1 for one that cannot be. */
function messageSize(bytes: Buffer, at: number, have: number): number {
  if (have < Header.size + 4) return 0
  const size = bytes.readUInt32LE(at + Header.size)
  if (size < Header.bytes || size > MAX_MESSAGE) return -1
  return size
}

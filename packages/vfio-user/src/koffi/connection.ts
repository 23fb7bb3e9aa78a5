import fs from 'node:fs'
import type { MessageReader } from '../message-reader.js'
import type { Connection, ConnectionUser } from '../platform.js'
import { ReceivedDescriptors } from './descriptors.js'
import { Linux } from './libc.js'
import type { Native, Watch } from './native.js'
import type { Receiver } from './receiver.js'

/** Reads of one turn, before the others get theirs. */
const READS = 128

/**
 * A connection whose descriptors are received. Only the read of a message's header takes any: the kernel ends a read behind what they came
 * with, so they belong to the message whose header was being read. Those that come inside of a message are closed by the kernel.
 */
export class SocketConnection implements Connection {
  readonly descriptors: ReceivedDescriptors = new ReceivedDescriptors()
  destroyed = false
  readonly #native: Native
  readonly #receiver: Receiver
  readonly #fd: number
  readonly #watch: Watch
  #reader: MessageReader | undefined
  #user: ConnectionUser | undefined
  #unsent: Buffer[] = []
  #unsentBytes = 0
  /** Whether the client's end is full. */
  #full = false

  /** Owns `fd`. */
  constructor(native: Native, receiver: Receiver, fd: number) {
    this.#native = native
    this.#receiver = receiver
    this.#fd = fd
    this.#watch = native.watch(fd, (failed) => this.#ready(failed))
  }

  get writableLength(): number {
    return this.#unsentBytes
  }

  start(reader: MessageReader, user: ConnectionUser): void {
    this.#reader = reader
    this.#user = user
  }

  write(bytes: Buffer): void {
    if (this.destroyed) return
    this.#unsent.push(bytes)
    this.#unsentBytes += bytes.length
    if (!this.#full) this.#flush()
  }

  destroy(): void {
    if (this.destroyed) return
    this.destroyed = true
    this.#watch.close()
    fs.closeSync(this.#fd)
    this.descriptors.discard()
    this.#unsent = []
    this.#unsentBytes = 0
    setImmediate(() => this.#user?.closed())
  }

  /** What the kernel has taken arrives though the socket is closed; what it has not is no loss. */
  destroySoon(): void {
    this.destroy()
  }

  #ready(failed: boolean): void {
    if (this.#full) this.#flush()
    this.#read()
    if (failed) this.destroy()
  }

  #read(): void {
    const reader = this.#reader
    if (reader === undefined) return
    for (let n = 0; n < READS && !this.destroyed; n++) {
      const got = reader.inHeader
        ? this.#receiver.receiveWithDescriptors(this.#fd, reader.wanted, this.descriptors)
        : this.#receiver.receive(this.#fd, reader.wanted)
      if (got <= 0) {
        if (got === 0 || !this.#later()) this.destroy()
        break
      }
      if (!reader.feed(this.#receiver.bytes, got)) {
        this.#user?.broken()
        break
      }
      // A client that polls a register may have asked again before we look: what it waits for must not wait for it to stop.
      if (reader.between) this.#user?.caughtUp()
    }
  }

  #flush(): void {
    const { libc } = this.#native
    while (this.#unsent.length > 0) {
      const [bytes] = this.#unsent
      const sent = libc.send(this.#fd, bytes, bytes.length, Linux.MSG_DONTWAIT | Linux.MSG_NOSIGNAL)
      if (sent < 0 && !this.#later()) {
        this.destroy()
        return
      }
      const done = Math.max(sent, 0)
      this.#unsentBytes -= done
      if (done < bytes.length) {
        this.#unsent[0] = bytes.subarray(done)
        this.#wait(true)
        return
      }
      this.#unsent.shift()
    }
    this.#wait(false)
  }

  #wait(full: boolean): void {
    if (full === this.#full) return
    this.#full = full
    this.#watch.want(true, full)
  }

  /** Whether the last call failed for nothing but the time. */
  #later(): boolean {
    const errno = this.#native.libc.errno()
    return errno === Linux.EAGAIN || errno === Linux.EINTR
  }
}

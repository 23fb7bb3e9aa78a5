import crypto from 'node:crypto'
import type { GuestStack, TcpConnection } from '@npa/guest-stack'

const CHUNK = 65536
const pool = crypto.randomBytes((1 << 20) + 4099)

/** One TCP connection that a guest opens to a stack of ours, with random bytes both ways for as long as one likes. */
export class Talk {
  received = 0
  sent = 0
  /** Connections that were accepted: more than one, and the guest has lost the first. */
  accepted = 0
  /** Why the connection ended, when it has. */
  ended: string | undefined
  readonly #in = crypto.createHash('md5')
  readonly #out = crypto.createHash('md5')
  readonly #buffer = new Uint8Array(CHUNK)
  #connection: TcpConnection | undefined
  #stopped = false

  /** Listens. */
  constructor(stack: GuestStack, port: number) {
    stack.listen(port, (connection) => this.#accept(connection))
  }

  /** Bytes that the guest has acknowledged. */
  get acknowledged(): number {
    return this.sent - (this.#connection?.unacknowledged ?? 0)
  }

  get retransmissions(): number {
    return this.#connection?.statistics.retransmissions ?? 0
  }

  /** MD5, hexadecimal, of all that was received, and of all that was sent. To be asked for once, at the end. */
  hashes(): { received: string; sent: string } {
    return { received: this.#in.digest('hex'), sent: this.#out.digest('hex') }
  }

  /** Sends no more. */
  stop(): void {
    this.#stopped = true
  }

  close(): void {
    this.#connection?.close()
  }

  #accept(connection: TcpConnection): void {
    this.accepted++
    if (this.#connection !== undefined) return
    this.#connection = connection
    connection.onReadable = () => this.#read(connection)
    connection.onWritable = () => this.#write(connection)
    connection.onClosed = (reason) => {
      this.ended = reason
    }
    this.#write(connection)
    this.#read(connection)
  }

  #read(connection: TcpConnection): void {
    for (let n = connection.read(this.#buffer, 0, CHUNK); n > 0; n = connection.read(this.#buffer, 0, CHUNK)) {
      this.#in.update(this.#buffer.subarray(0, n))
      this.received += n
    }
  }

  #write(connection: TcpConnection): void {
    while (!this.#stopped) {
      const at = this.sent % pool.length
      const taken = connection.write(pool, at, Math.min(CHUNK, pool.length - at))
      if (taken === 0) break
      this.#out.update(pool.subarray(at, at + taken))
      this.sent += taken
    }
  }
}

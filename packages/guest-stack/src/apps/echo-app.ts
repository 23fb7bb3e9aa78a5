import type { TcpConnection } from '../tcp/connection.js'

const CHUNK = 16384

/** Sends everything back that it reads, and closes when the peer does. It owns the connection's `onReadable` and `onWritable`. */
export class EchoApp {
  readonly connection: TcpConnection
  /** Bytes sent back. */
  echoed = 0
  readonly #bytes = new Uint8Array(CHUNK)
  #at = 0
  #end = 0

  constructor(connection: TcpConnection) {
    this.connection = connection
    connection.onReadable = () => this.#pump()
    connection.onWritable = () => this.#pump()
    this.#pump()
  }

  #pump(): void {
    for (;;) {
      const taken = this.connection.write(this.#bytes, this.#at, this.#end - this.#at)
      this.#at += taken
      this.echoed += taken
      if (this.#at < this.#end) return
      this.#at = 0
      this.#end = this.connection.read(this.#bytes, 0, CHUNK)
      if (this.#end === 0) break
    }
    if (this.connection.ended) this.connection.close()
  }
}

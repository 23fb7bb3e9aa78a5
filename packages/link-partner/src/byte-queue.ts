import type { TcpConnection } from '@npa/guest-stack'

const CHUNK = 65536

/** Bytes of a connection that wait to be understood. */
export class ByteQueue {
  #bytes: Uint8Array = new Uint8Array(0)
  readonly #chunk = new Uint8Array(CHUNK)

  /** Reads all that there is. */
  take(connection: TcpConnection): void {
    for (;;) {
      const n = connection.read(this.#chunk, 0, CHUNK)
      if (n === 0) return
      const longer = new Uint8Array(this.#bytes.length + n)
      longer.set(this.#bytes)
      longer.set(this.#chunk.subarray(0, n), this.#bytes.length)
      this.#bytes = longer
    }
  }

  /** Cuts the first bytes off; undefined when there are fewer. */
  cut(bytes: number): Uint8Array | undefined {
    if (this.#bytes.length < bytes) return undefined
    const first = this.#bytes.slice(0, bytes)
    this.#bytes = this.#bytes.slice(bytes)
    return first
  }

  /** The first 4 bytes as a number, left where they are. */
  u32be(): number | undefined {
    if (this.#bytes.length < 4) return undefined
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset).getUint32(0)
  }
}

const CHUNK_BYTES = 65536

/** Little-endian output, handed on in chunks that belong to whoever gets them. */
export class Chunks {
  readonly #write: (chunk: Uint8Array) => void
  #u8 = new Uint8Array(CHUNK_BYTES)
  #at = 0

  constructor(write: (chunk: Uint8Array) => void) {
    this.#write = write
  }

  /** Makes room for `bytes` in one chunk. */
  reserve(bytes: number): void {
    if (this.#at + bytes <= this.#u8.length) return
    this.flush()
    if (bytes > this.#u8.length) this.#u8 = new Uint8Array(bytes)
  }

  u16(value: number): void {
    this.#u8[this.#at++] = value
    this.#u8[this.#at++] = value >>> 8
  }

  u32(value: number): void {
    this.u16(value & 0xffff)
    this.u16(value >>> 16)
  }

  /** Copies bytes; the caller reserved them. */
  bytes(from: Uint8Array, at: number, length: number): void {
    const to = this.#u8
    let place = this.#at
    // A loop and not `set`: that would need a view, one object per packet.
    for (let i = at; i < at + length; i++) to[place++] = from[i]
    this.#at = place
  }

  /** Fills up to a multiple of 4 bytes after `length` bytes. */
  pad(length: number): void {
    for (let i = length; (i & 3) !== 0; i++) this.#u8[this.#at++] = 0
  }

  /** Hands on a copy of what is there. */
  flush(): void {
    if (this.#at === 0) return
    this.#write(this.#u8.slice(0, this.#at))
    this.#at = 0
  }
}

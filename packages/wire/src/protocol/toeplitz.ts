/** Bytes of the longest hash input: two IPv6 addresses and two ports. */
const MOST_BYTES = 36

/** Bytes of a key: every bit of the longest input has 32 bits of it behind. */
export const RSS_KEY_BYTES = 40

/** The Toeplitz hash of receive-side scaling (Microsoft, "RSS hashing types"), one table look-up per input byte. */
export class Toeplitz {
  readonly #table = new Uint32Array(MOST_BYTES * 256)
  readonly #key = new Uint8Array(RSS_KEY_BYTES)
  #stale = true

  /** Bytes 4 `word` to 4 `word` + 3 of the key, the first in the lowest bits. */
  key(word: number, value: number): void {
    for (let i = 0; i < 4; i++) this.#key[word * 4 + i] = value >>> (8 * i)
    this.#stale = true
  }

  /** Continues a hash (0 to begin) over `bytes` bytes; `position` is where in the whole input they stand. */
  hash(u8: Uint8Array, at: number, bytes: number, position: number, initial: number): number {
    if (this.#stale) this.#rebuild()
    let hash = initial
    for (let i = 0; i < bytes; i++) hash ^= this.#table[(position + i) * 256 + u8[at + i]]
    return hash >>> 0
  }

  /** The 32 key bits that start at a bit. */
  #window(bit: number): number {
    let window = 0
    for (let i = 0; i < 32; i++) {
      const at = bit + i
      window = (window << 1) | ((this.#key[at >> 3] >>> (7 - (at & 7))) & 1)
    }
    return window
  }

  #rebuild(): void {
    this.#stale = false
    this.#table.fill(0)
    for (let at = 0; at < MOST_BYTES * 8; at++) {
      const window = this.#window(at)
      const row = (at >> 3) * 256
      const mask = 0x80 >>> (at & 7)
      for (let value = 0; value < 256; value++) if ((value & mask) !== 0) this.#table[row + value] ^= window
    }
  }
}

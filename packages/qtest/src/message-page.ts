import type { MsiMessage } from '@npa/pci'
import type { Qtest } from './qtest-protocol.js'

/** Bytes of the page, and of a vector's word in it. */
export const MESSAGE_PAGE = 4096
const WORD = 4

/**
 * A page of RAM to which the device's interrupt messages go: a vector has a word of its own, which is not zero after its message came.
 */
export class MessagePage {
  readonly address: number
  readonly vectors: number
  readonly #qtest: Qtest
  readonly #words: Uint8Array

  /** `address` is that of a free page; at most 1024 vectors. */
  constructor(qtest: Qtest, address: number, vectors: number) {
    this.address = address
    this.vectors = vectors
    this.#qtest = qtest
    this.#words = new Uint8Array(vectors * WORD)
    qtest.write(address, this.#words, 0, this.#words.length)
  }

  messages(): MsiMessage[] {
    return Array.from({ length: this.vectors }, (_, vector) => {
      const at = this.address + vector * WORD
      return { addressLo: at >>> 0, addressHi: Math.floor(at / 4294967296), data: 1 }
    })
  }

  /**
   * Reads the page once and calls `raised` for every vector whose message came, lowest first. A word is cleared before its call: a message
   * that comes meanwhile shows at the next look, as with an edge-triggered interrupt.
   */
  collect(raised: (vector: number) => void): number {
    const words = this.#words
    this.#qtest.read(this.address, words, 0, words.length)
    let count = 0
    for (let vector = 0; vector < this.vectors; vector++) {
      if (words[vector * WORD] === 0) continue
      this.#qtest.writel(this.address + vector * WORD, 0)
      count++
      raised(vector)
    }
    return count
  }
}

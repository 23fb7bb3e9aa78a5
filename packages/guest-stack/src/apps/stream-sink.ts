import type { TcpConnection } from '../tcp/connection.js'
import { equalWords, hashWords, patternWord } from './pattern.js'

const CHUNK = 65536

/** How a sink behaves. */
export interface StreamSinkOptions {
  readonly seed: number
  /** Closes its own side when the peer has closed; true by default. */
  readonly close?: boolean
  readonly onEnd?: () => void
}

/** Reads a connection and compares every byte with the pattern of a `StreamSource`. It owns the connection's `onReadable`. */
export class StreamSink {
  readonly connection: TcpConnection
  /** Bytes read. */
  received = 0
  /** Position of the first wrong byte, -1 while all are right. */
  firstBad = -1
  badBytes = 0
  paused = false
  /** The peer has closed and all was read. */
  ended = false
  /** Of the whole words read so far, right or wrong: h = 31 h + word. */
  hash = 0
  readonly #seed: number
  readonly #close: boolean
  readonly #onEnd: (() => void) | undefined
  readonly #words = new Int32Array(CHUNK / 4 + 1)
  readonly #bytes = new Uint8Array(this.#words.buffer)

  constructor(connection: TcpConnection, options: StreamSinkOptions) {
    this.connection = connection
    this.#seed = options.seed
    this.#close = options.close ?? true
    this.#onEnd = options.onEnd
    connection.onReadable = () => this.#drain()
    this.#drain()
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
    this.#drain()
  }

  #drain(): void {
    while (!this.paused) {
      // Positions keep their place in the word; the bytes of a word begun by the last read are still there.
      const place = this.received & 3
      const taken = this.connection.read(this.#bytes, place, CHUNK)
      if (taken === 0) break
      this.#check(place, place + taken)
    }
    if (this.ended || !this.connection.ended || this.paused) return
    this.ended = true
    if (this.#close) this.connection.close()
    this.#onEnd?.()
  }

  #check(from: number, to: number): void {
    const words = this.#words
    const whole = to >> 2
    const base = (this.received - from) / 4
    this.hash = hashWords(words, whole, this.hash)
    let right = 0
    for (;;) {
      right += equalWords(words, right, whole - right, this.#seed, base + right)
      if (right === whole) break
      this.#compare(right * 4, Math.max(right * 4, from), right * 4 + 4, base + right)
      right++
    }
    const end = whole * 4
    if (end < to) {
      this.#compare(end, Math.max(end, from), to, base + whole)
      words[0] = words[whole]
    }
    this.received += to - from
  }

  /** Compares the bytes `from` to `to` of the word at `at`, one by one. */
  #compare(at: number, from: number, to: number, index: number): void {
    const expected = patternWord(this.#seed, index)
    for (let i = from; i < to; i++) {
      if (this.#bytes[i] === ((expected >>> ((i - at) * 8)) & 255)) continue
      this.badBytes++
      if (this.firstBad < 0) this.firstBad = index * 4 + i - at
    }
  }
}

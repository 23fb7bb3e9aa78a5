import type { TcpConnection } from '../tcp/connection.js'
import { fillPattern } from './pattern.js'

/** What to send. */
export interface StreamSourceOptions {
  readonly seed: number
  /** Bytes to send, then the stream is closed; `Infinity` (default): until stopped. */
  readonly bytes?: number
  /** Bytes per write, 16 KiB by default; rounded up to a multiple of 4. */
  readonly messageBytes?: number
}

/**
 * Writes a pseudo-random pattern to a connection as fast as it takes it; a `StreamSink` of the same seed checks it. It owns the
 * connection's `onConnected`, `onWritable` and `onAcked`.
 */
export class StreamSource {
  readonly connection: TcpConnection
  /** Bytes the connection has taken. */
  written = 0
  paused = false
  /** `stop` was called: nothing more is written. */
  stopped = false
  readonly #seed: number
  readonly #total: number
  readonly #words: Int32Array
  readonly #bytes: Uint8Array
  /** Where the part of the message that is not yet taken starts, and where the message ends. */
  #at = 0
  #end = 0
  #generated = 0
  #onQuiet: (() => void) | undefined

  constructor(connection: TcpConnection, options: StreamSourceOptions) {
    this.connection = connection
    this.#seed = options.seed
    this.#total = options.bytes ?? Infinity
    this.#words = new Int32Array(Math.max(Math.ceil((options.messageBytes ?? 16384) / 4), 1))
    this.#bytes = new Uint8Array(this.#words.buffer)
    connection.onConnected = () => this.#pump()
    connection.onWritable = () => this.#pump()
    connection.onAcked = () => this.#quiet()
    this.#pump()
  }

  pause(): void {
    this.paused = true
  }

  resume(): void {
    this.paused = false
    this.#pump()
  }

  /** Writes no more; `onQuiet` is called once everything written is acknowledged. The connection stays open. */
  stop(onQuiet?: () => void): void {
    this.stopped = true
    this.#onQuiet = onQuiet
    this.#quiet()
  }

  #quiet(): void {
    if (!this.stopped || this.connection.unacknowledged > 0) return
    const onQuiet = this.#onQuiet
    this.#onQuiet = undefined
    onQuiet?.()
  }

  #pump(): void {
    while (!this.paused && !this.stopped) {
      if (this.#at === this.#end && !this.#next()) {
        this.connection.close()
        return
      }
      const taken = this.connection.write(this.#bytes, this.#at, this.#end - this.#at)
      this.#at += taken
      this.written += taken
      if (this.#at < this.#end) return
    }
  }

  /** The next message; false when all is sent. */
  #next(): boolean {
    const length = Math.min(this.#bytes.length, this.#total - this.written)
    if (length === 0) return false
    fillPattern(this.#words, this.#seed, this.#generated)
    this.#generated += this.#words.length
    this.#at = 0
    this.#end = length
    return true
  }
}

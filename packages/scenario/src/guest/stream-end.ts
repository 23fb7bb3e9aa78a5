import { StreamSink, StreamSource } from '@npa/guest-stack'
import type { GuestStack, TcpConnection } from '@npa/guest-stack'

/** Port of a run's first connection; every further one has the next. */
const FIRST_PORT = 5001

/** What one end of a stream sends, and what it must receive. */
export interface StreamEndOptions {
  /** Of the streams of the run, from 0. */
  readonly number: number
  /** Bytes that are written to the socket at once. */
  readonly message: number
  readonly seed: number
}

/** One guest's end of a TCP connection with a verified stream in each direction, which can be paused. */
export class StreamEnd {
  #connection: TcpConnection | undefined
  #source: StreamSource | undefined
  #sink: StreamSink | undefined
  #closed: string | undefined

  /** The end that waits for the other. */
  static listen(stack: GuestStack, { number, message, seed }: StreamEndOptions): StreamEnd {
    const end = new StreamEnd()
    stack.listen(FIRST_PORT + number, (accepted) => {
      end.#begin(accepted, seed ^ 1, seed, message)
    })
    return end
  }

  /** The end that calls; `ip` is a word, as the stack has it. */
  static connect(stack: GuestStack, ip: number, { number, message, seed }: StreamEndOptions): StreamEnd {
    const end = new StreamEnd()
    end.#begin(stack.connect(ip, FIRST_PORT + number), seed, seed ^ 1, message)
    return end
  }

  #begin(connection: TcpConnection, sends: number, receives: number, message: number): void {
    connection.onClosed = (reason) => {
      this.#closed ??= reason
    }
    this.#connection = connection
    this.#source = new StreamSource(connection, { seed: sends, messageBytes: message })
    this.#sink = new StreamSink(connection, { seed: receives })
  }

  pause(): void {
    this.#source?.pause()
  }

  resume(): void {
    this.#source?.resume()
  }

  /** Everything written has been acknowledged. */
  get quiet(): boolean {
    return (this.#connection?.unacknowledged ?? 0) === 0
  }

  /** Payload bytes that arrived. */
  get received(): number {
    return this.#sink?.received ?? 0
  }

  /** Of the whole words that arrived: h = 31 h + word, from 0; a word, little-endian. */
  get hash(): number {
    return (this.#sink?.hash ?? 0) >>> 0
  }

  get retransmissions(): number {
    return this.#connection?.statistics.retransmissions ?? 0
  }

  /** What is wrong with the stream, if anything. */
  findings(): string[] {
    const findings: string[] = []
    if (this.#connection === undefined) findings.push('the stream connection was not established')
    if (this.#closed !== undefined) findings.push(`the stream connection ended: ${this.#closed}`)
    if (this.#sink !== undefined && this.#sink.badBytes > 0)
      findings.push(`a stream brought ${this.#sink.badBytes} wrong bytes, the first at ${this.#sink.firstBad}`)
    return findings
  }

  close(): void {
    this.#connection?.close()
  }
}

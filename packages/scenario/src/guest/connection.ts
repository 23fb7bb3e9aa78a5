import { StreamSink, StreamSource } from '@npa/guest-stack'
import type { TcpConnection } from '@npa/guest-stack'
import type { Guest } from './guest.js'

/** Port of a run's first connection; every further one has the next. */
const FIRST_PORT = 5001

/** One TCP connection between two guests for the whole run, with a verified stream in each direction that can be paused. */
export class StreamConnection {
  readonly #ends: TcpConnection[] = []
  readonly #sources: StreamSource[] = []
  readonly #sinks: StreamSink[] = []
  #closed: string | undefined

  constructor(number: number, from: Guest, to: Guest, message: number, seed: number) {
    const port = FIRST_PORT + number
    to.stack.listen(port, (accepted) => {
      this.#end(accepted, seed ^ 1, seed, message)
    })
    this.#end(from.stack.connect(to.stack.ip, port), seed, seed ^ 1, message)
  }

  #end(connection: TcpConnection, sends: number, receives: number, message: number): void {
    connection.onClosed = (reason) => {
      this.#closed ??= reason
    }
    this.#ends.push(connection)
    this.#sources.push(new StreamSource(connection, { seed: sends, messageBytes: message }))
    this.#sinks.push(new StreamSink(connection, { seed: receives }))
  }

  pause(): void {
    for (const source of this.#sources) source.pause()
  }

  resume(): void {
    for (const source of this.#sources) source.resume()
  }

  /** Everything written has been acknowledged, both ways. */
  get quiet(): boolean {
    return this.#ends.every((end) => end.unacknowledged === 0)
  }

  /** Payload bytes that arrived, both ways. */
  get received(): number {
    return this.#sinks.reduce((sum, sink) => sum + sink.received, 0)
  }

  get retransmissions(): number {
    return this.#ends.reduce((sum, end) => sum + end.statistics.retransmissions, 0)
  }

  /** What is wrong with the streams, if anything. */
  findings(): string[] {
    const findings: string[] = []
    if (this.#ends.length < 2) findings.push('the stream connection was not established')
    if (this.#closed !== undefined) findings.push(`the stream connection ended: ${this.#closed}`)
    for (const sink of this.#sinks) {
      if (sink.badBytes > 0)
        findings.push(`a stream brought ${sink.badBytes} wrong bytes, the first at ${sink.firstBad}`)
    }
    return findings
  }

  close(): void {
    for (const end of this.#ends) end.close()
  }
}

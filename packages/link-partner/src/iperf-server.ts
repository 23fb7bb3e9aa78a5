import type { Clock } from '@npa/core'
import type { GuestStack, TcpConnection } from '@npa/guest-stack'
import { ByteQueue } from './byte-queue.js'

const COOKIE_BYTES = 37
const CHUNK = 65536
/** Longest JSON text that a client may send. */
const MOST_JSON = 1 << 20
const pool = new Uint8Array(CHUNK).fill(0xa5)

/** States on the control connection, one byte each (iperf 3, iperf_api.h). */
const State = {
  testStart: 1,
  testRunning: 2,
  testEnd: 4,
  paramExchange: 9,
  createStreams: 10,
  exchangeResults: 13,
  displayResults: 14,
  done: 16,
} as const

/** What of the client's parameters we act on. */
interface Parameters {
  readonly parallel?: unknown
  readonly reverse?: unknown
}

/** A data connection. */
interface Stream {
  readonly connection: TcpConnection
  bytes: number
}

/** Serves iperf3 clients over TCP on a port of a stack, one test after the other, one way or, with `-R`, the other. */
export class IperfServer {
  readonly #clock: Clock
  #test: Test | undefined

  /** Listens. Throws an `Error` when somebody does already. */
  constructor(stack: GuestStack, port: number, clock: Clock) {
    this.#clock = clock
    stack.listen(port, (connection) => this.#accept(connection))
  }

  #accept(connection: TcpConnection): void {
    if (this.#test !== undefined) {
      this.#test.join(connection)
      return
    }
    this.#test = new Test(connection, this.#clock, () => {
      this.#test = undefined
    })
    this.#test.start()
  }
}

/** One test, which ends when the protocol says so or its control connection goes. */
class Test {
  readonly #clock: Clock
  readonly #control: TcpConnection
  readonly #over: () => void
  readonly #input = new ByteQueue()
  #waitsFor: 'cookie' | 'parameters' | 'end' | 'results' | 'done' = 'cookie'
  #parallel = 1
  #reverse = false
  readonly #streams: Stream[] = []
  #running = false
  #beganNs = 0
  /** That the test ran. */
  #seconds = 0

  constructor(control: TcpConnection, clock: Clock, over: () => void) {
    this.#clock = clock
    this.#control = control
    this.#over = over
  }

  /** Takes what the control connection says from now on. */
  start(): void {
    const control = this.#control
    control.onReadable = () => {
      this.#input.take(control)
      while (this.#step());
      if (control.ended) this.#end()
    }
    control.onClosed = () => this.#end()
    control.onReadable()
  }

  /** A data connection of the client. */
  join(connection: TcpConnection): void {
    const stream = { connection, bytes: -COOKIE_BYTES }
    const bytes = new Uint8Array(CHUNK)
    this.#streams.push(stream)
    connection.onReadable = () => {
      for (let n = connection.read(bytes, 0, CHUNK); n > 0; n = connection.read(bytes, 0, CHUNK)) stream.bytes += n
    }
    connection.onReadable()
    connection.onWritable = () => this.#pump(stream)
    if (this.#waitsFor !== 'end' || this.#streams.length < this.#parallel) return
    this.#send(Uint8Array.of(State.testStart, State.testRunning))
    this.#running = true
    this.#beganNs = this.#clock.nowNs()
    for (const one of this.#streams) this.#pump(one)
  }

  /** Whether the input on the control connection was enough for a step. */
  #step(): boolean {
    switch (this.#waitsFor) {
      case 'cookie':
        if (this.#input.cut(COOKIE_BYTES) === undefined) return false
        this.#send(Uint8Array.of(State.paramExchange))
        this.#waitsFor = 'parameters'
        return true
      case 'parameters': {
        const parameters = this.#json()
        if (parameters === undefined) return false
        this.#parallel = typeof parameters.parallel === 'number' ? parameters.parallel : 1
        this.#reverse = Boolean(parameters.reverse)
        this.#send(Uint8Array.of(State.createStreams))
        this.#waitsFor = 'end'
        return true
      }
      case 'end':
        if (this.#input.cut(1)?.[0] !== State.testEnd) return false
        this.#running = false
        this.#seconds = (this.#clock.nowNs() - this.#beganNs) / 1e9
        // The client reads whole blocks, and would wait for the rest of the last one.
        for (const { connection } of this.#streams) connection.close()
        this.#send(Uint8Array.of(State.exchangeResults))
        this.#waitsFor = 'results'
        return true
      case 'results':
        if (this.#json() === undefined) return false
        this.#send(this.#results())
        this.#send(Uint8Array.of(State.displayResults))
        this.#waitsFor = 'done'
        return true
      case 'done':
        if (this.#input.cut(1)?.[0] === State.done) this.#end()
        return false
    }
  }

  /** Towards the client, while the test runs. */
  #pump(stream: Stream): void {
    while (this.#running && this.#reverse) {
      const taken = stream.connection.write(pool, 0, CHUNK)
      if (taken === 0) return
      stream.bytes += taken
    }
  }

  #results(): Uint8Array {
    const streams = this.#streams.map(({ bytes }, n) => {
      // The first stream has number 1, the second 3 (iperf_add_stream).
      const id = n === 0 ? 1 : n + 2
      return { id, bytes, retransmits: -1, jitter: 0, errors: 0, packets: 0, start_time: 0, end_time: this.#seconds }
    })
    const cpu = { cpu_util_total: 0, cpu_util_user: 0, cpu_util_system: 0, sender_has_retransmits: -1 }
    const text = new TextEncoder().encode(JSON.stringify({ ...cpu, streams }))
    const framed = new Uint8Array(4 + text.length)
    new DataView(framed.buffer).setUint32(0, text.length)
    framed.set(text, 4)
    return framed
  }

  /** Short texts: the send buffer takes them whole. */
  #send(bytes: Uint8Array): void {
    this.#control.write(bytes, 0, bytes.length)
  }

  /** A text behind its length, 4 bytes; what is no JSON ends the test. */
  #json(): Parameters | undefined {
    const length = this.#input.u32be()
    if (length === undefined) return undefined
    if (length > MOST_JSON) {
      this.#refuse()
      return undefined
    }
    const text = this.#input.cut(4 + length)?.subarray(4)
    if (text === undefined) return undefined
    try {
      const parsed: unknown = JSON.parse(new TextDecoder().decode(text))
      if (typeof parsed === 'object' && parsed !== null) return parsed
    } catch {
      // Answered below, as what is JSON and no object.
    }
    this.#refuse()
    return undefined
  }

  #refuse(): void {
    this.#control.abort()
    this.#end()
  }

  /** The next client may come. */
  #end(): void {
    this.#running = false
    this.#control.onReadable = undefined
    this.#control.onClosed = undefined
    this.#control.close()
    for (const { connection } of this.#streams) connection.close()
    this.#over()
  }
}

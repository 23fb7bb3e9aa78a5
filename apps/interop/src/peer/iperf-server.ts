import type { GuestStack, TcpConnection } from '@npa/guest-stack'

const COOKIE_BYTES = 37
const CHUNK = 65536
const pool = Buffer.alloc(CHUNK, 0xa5)

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
  readonly parallel?: number
  readonly reverse?: boolean | number
}

/** Serves one test of an iperf3 client over TCP on a port of the stack, one way or, with `-R`, the other. */
export class IperfServer {
  /** The test is over as the protocol has it. */
  finished = false
  readonly #stack: GuestStack
  readonly #port: number
  #control: TcpConnection | undefined
  #input: Buffer = Buffer.alloc(0)
  #waitsFor: 'cookie' | 'parameters' | 'end' | 'results' | 'done' = 'cookie'
  #parameters: Parameters = {}
  #streams: { connection: TcpConnection; bytes: number }[] = []
  #running = false
  #began = 0
  /** That the test ran. */
  #seconds = 0

  constructor(stack: GuestStack, port: number) {
    this.#stack = stack
    this.#port = port
    stack.listen(port, (connection) => this.#accept(connection))
  }

  #accept(connection: TcpConnection): void {
    if (this.#control === undefined) {
      this.#control = connection
      connection.onReadable = () => {
        this.#input = Buffer.concat([this.#input, readAll(connection)])
        while (this.#step());
      }
      connection.onReadable()
      return
    }
    const stream = { connection, bytes: -COOKIE_BYTES }
    this.#streams.push(stream)
    connection.onReadable = () => {
      stream.bytes += readAll(connection).length
    }
    connection.onReadable()
    connection.onWritable = () => this.#pump(stream)
    if (this.#streams.length < (this.#parameters.parallel ?? 1)) return
    this.#say(State.testStart, State.testRunning)
    this.#running = true
    this.#began = performance.now()
    for (const one of this.#streams) this.#pump(one)
  }

  /** Whether the input on the control connection was enough for a step. */
  #step(): boolean {
    switch (this.#waitsFor) {
      case 'cookie':
        if (this.#take(COOKIE_BYTES) === undefined) return false
        this.#say(State.paramExchange)
        this.#waitsFor = 'parameters'
        return true
      case 'parameters': {
        const json = this.#json()
        if (json === undefined) return false
        this.#parameters = JSON.parse(json) as Parameters
        this.#say(State.createStreams)
        this.#waitsFor = 'end'
        return true
      }
      case 'end':
        if (this.#take(1)?.[0] !== State.testEnd) return false
        this.#running = false
        this.#seconds = (performance.now() - this.#began) / 1000
        // The client reads whole blocks, and would wait for the rest of the last one.
        for (const { connection } of this.#streams) connection.close()
        this.#say(State.exchangeResults)
        this.#waitsFor = 'results'
        return true
      case 'results':
        if (this.#json() === undefined) return false
        this.#send(this.#results())
        this.#say(State.displayResults)
        this.#waitsFor = 'done'
        return true
      case 'done':
        if (this.#take(1)?.[0] !== State.done) return false
        this.finished = true
        this.#stack.unlisten(this.#port)
        this.#control?.close()
        return false
    }
  }

  /** Towards the client, while the test runs. */
  #pump(stream: { connection: TcpConnection; bytes: number }): void {
    const { reverse = false } = this.#parameters
    while (this.#running && Boolean(reverse)) {
      const taken = stream.connection.write(pool, 0, CHUNK)
      if (taken === 0) return
      stream.bytes += taken
    }
  }

  #results(): Buffer {
    const streams = this.#streams.map(({ bytes }, n) => {
      // The first stream has number 1, the second 3 (iperf_add_stream).
      const id = n === 0 ? 1 : n + 2
      return { id, bytes, retransmits: -1, jitter: 0, errors: 0, packets: 0, start_time: 0, end_time: this.#seconds }
    })
    const cpu = { cpu_util_total: 0, cpu_util_user: 0, cpu_util_system: 0, sender_has_retransmits: -1 }
    const text = Buffer.from(JSON.stringify({ ...cpu, streams }))
    const framed = Buffer.alloc(4 + text.length)
    framed.writeUInt32BE(text.length)
    text.copy(framed, 4)
    return framed
  }

  #say(...states: number[]): void {
    this.#send(Buffer.from(states))
  }

  /** Short texts: the send buffer takes them whole. */
  #send(bytes: Buffer): void {
    this.#control?.write(bytes, 0, bytes.length)
  }

  #json(): string | undefined {
    if (this.#input.length < 4) return undefined
    const length = this.#input.readUInt32BE(0)
    return this.#take(4 + length)?.toString('utf8', 4)
  }

  #take(bytes: number): Buffer | undefined {
    if (this.#input.length < bytes) return undefined
    const taken = this.#input.subarray(0, bytes)
    this.#input = this.#input.subarray(bytes)
    return taken
  }
}

function readAll(connection: TcpConnection): Buffer {
  const chunks: Buffer[] = []
  for (;;) {
    const chunk = Buffer.alloc(CHUNK)
    const n = connection.read(chunk, 0, CHUNK)
    if (n === 0) return Buffer.concat(chunks)
    chunks.push(chunk.subarray(0, n))
  }
}

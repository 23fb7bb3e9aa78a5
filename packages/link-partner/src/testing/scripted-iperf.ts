import type { GuestStack, TcpConnection } from '@npa/guest-stack'

const COOKIE = new Uint8Array(37).fill(0x61)

interface Results {
  readonly streams: readonly { readonly id: number; readonly bytes: number }[]
}

/** An iperf3 client as its protocol has it: `bytes` on each stream, or, in reverse, until it has received so many. */
export class ScriptedIperf {
  results: Results | undefined
  received = 0
  readonly #control: TcpConnection
  readonly #stack: GuestStack
  readonly #ip: number
  readonly #port: number
  readonly #options: { readonly parallel: number; readonly reverse?: boolean; readonly bytes: number }
  #input: Buffer = Buffer.alloc(0)
  #results = false
  #left: number

  constructor(
    stack: GuestStack,
    ip: number,
    port: number,
    options: { parallel: number; reverse?: boolean; bytes: number },
  ) {
    this.#stack = stack
    this.#ip = ip
    this.#port = port
    this.#options = options
    this.#left = options.parallel
    this.#control = stack.connect(ip, port)
    this.#control.onConnected = () => this.#control.write(COOKIE, 0, COOKIE.length)
    this.#control.onReadable = () => {
      const chunk = Buffer.alloc(65536)
      this.#input = Buffer.concat([this.#input, chunk.subarray(0, this.#control.read(chunk, 0, chunk.length))])
      while (this.#step());
    }
  }

  #step(): boolean {
    if (this.#results) {
      if (this.#input.length < 4 || this.#input.length < 4 + this.#input.readUInt32BE(0)) return false
      const end = 4 + this.#input.readUInt32BE(0)
      this.results = JSON.parse(this.#input.toString('utf8', 4, end)) as Results
      this.#input = this.#input.subarray(end)
      this.#results = false
      return true
    }
    if (this.#input.length === 0) return false
    const state = this.#input[0]
    this.#input = this.#input.subarray(1)
    const { parallel, reverse } = this.#options
    if (state === 9) this.#json({ tcp: true, parallel, reverse })
    if (state === 10) for (let n = 0; n < parallel; n++) this.#stream()
    if (state === 13) {
      this.#json({ streams: [] })
      this.#results = true
    }
    if (state === 14) {
      this.#control.write(Uint8Array.of(16), 0, 1)
      this.#control.close()
    }
    return true
  }

  #stream(): void {
    const connection = this.#stack.connect(this.#ip, this.#port)
    const bytes = Buffer.concat([COOKIE, Buffer.alloc(this.#options.reverse === true ? 0 : this.#options.bytes)])
    let sent = 0
    const pump = (): void => {
      sent += connection.write(bytes, sent, bytes.length - sent)
    }
    connection.onConnected = pump
    connection.onWritable = pump
    connection.onAcked = () => {
      if (sent === bytes.length && this.#options.reverse !== true && --this.#left === 0) this.#end()
    }
    connection.onReadable = () => {
      const chunk = new Uint8Array(65536)
      const before = this.received
      for (let n = connection.read(chunk, 0, chunk.length); n > 0; n = connection.read(chunk, 0, chunk.length))
        this.received += n
      if (before < this.#options.bytes && this.received >= this.#options.bytes) this.#end()
    }
  }

  /** TEST_END. */
  #end(): void {
    this.#control.write(Uint8Array.of(4), 0, 1)
  }

  #json(value: object): void {
    const text = Buffer.from(JSON.stringify(value))
    const length = Buffer.alloc(4)
    length.writeUInt32BE(text.length)
    const both = Buffer.concat([length, text])
    this.#control.write(both, 0, both.length)
  }
}

import net from 'node:net'

/** Longest frame that QEMU sends (net/stream.c NET_BUFSIZE); a longer length means that the stream is out of step. */
const MAX_FRAME = 4096 + 65536

/**
 * The far end of a `-netdev stream` cable: frames with a 4-byte big-endian length on a unix socket, on which QEMU calls. Frames are Ethernet
 * without FCS.
 */
export class FrameSocket {
  readonly #server: net.Server
  readonly #receive: (frame: Uint8Array) => void
  #socket: net.Socket | undefined
  #rest: Buffer = Buffer.alloc(0)
  #plugged: (() => void) | undefined
  /** Settles when QEMU has called. */
  readonly plugged: Promise<void>

  private constructor(server: net.Server, receive: (frame: Uint8Array) => void) {
    this.#server = server
    this.#receive = receive
    this.plugged = new Promise((resolve) => {
      this.#plugged = resolve
    })
    server.on('connection', (socket) => this.#accept(socket))
  }

  /** Listens at `path`; `receive` gets every frame that the device sends and may keep it. */
  static async listen(path: string, receive: (frame: Uint8Array) => void): Promise<FrameSocket> {
    const server = net.createServer()
    const socket = new FrameSocket(server, receive)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(path, resolve)
    })
    return socket
  }

  /** Sends a frame to the device. Throws an `Error` while QEMU is not plugged in. */
  send(frame: Uint8Array): void {
    if (this.#socket === undefined) throw new Error('no QEMU on the frame socket')
    const framed = Buffer.alloc(4 + frame.length)
    framed.writeUInt32BE(frame.length)
    framed.set(frame, 4)
    this.#socket.write(framed)
  }

  close(): void {
    this.#socket?.destroy()
    this.#server.close()
  }

  #accept(socket: net.Socket): void {
    this.#socket = socket
    this.#server.close()
    socket.on('data', (data) => this.#data(data))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      this.#socket = undefined
    })
    this.#plugged?.()
  }

  #data(data: Buffer): void {
    const bytes = this.#rest.length === 0 ? data : Buffer.concat([this.#rest, data])
    let at = 0
    while (bytes.length - at >= 4) {
      const length = bytes.readUInt32BE(at)
      if (length > MAX_FRAME) {
        this.#socket?.destroy(new Error(`frame of ${length} bytes`))
        return
      }
      if (bytes.length - at < 4 + length) break
      this.#receive(new Uint8Array(bytes.subarray(at + 4, at + 4 + length)))
      at += 4 + length
    }
    this.#rest = bytes.subarray(at)
  }
}

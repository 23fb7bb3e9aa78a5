import net from 'node:net'
import { FrameStream, framed } from '@npa/wire'

/**
 * The far end of a `-netdev stream` cable: frames with a 4-byte big-endian length on a unix socket, on which QEMU calls. Frames are Ethernet
 * without FCS.
 */
export class FrameSocket {
  readonly #server: net.Server
  readonly #receive: (frame: Uint8Array) => void
  #socket: net.Socket | undefined
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
    this.#socket.write(framed(frame))
  }

  close(): void {
    this.#socket?.destroy()
    this.#server.close()
  }

  #accept(socket: net.Socket): void {
    this.#socket = socket
    this.#server.close()
    const frames = new FrameStream(this.#receive)
    socket.on('data', (data) => {
      if (!frames.feed(data)) socket.destroy(new Error('the stream of frames is out of step'))
    })
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      this.#socket = undefined
    })
    this.#plugged?.()
  }
}

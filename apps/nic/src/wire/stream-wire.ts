import fs from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { PortCable } from '@npa/link-partner'
import { FrameStream, framed } from '@npa/wire'
import { reason, UserError } from '../user-error.js'
import type { Wire, WireParts } from './wire.js'

const RETRY_MS = 250
/** What may wait for a far end that does not read; frames beyond are lost, as on a cable. */
const MOST_WAITING_BYTES = 8 << 20

/** Which end of the stream we are: the one that is called, the one that calls, or what the socket's state says at the start. */
export type Role = 'listen' | 'call' | 'either'

/**
 * Another program at the far end, over a unix socket in QEMU's stream framing: `-netdev stream`, or another served card. The carrier is there while
 * somebody is connected. Throws a `UserError` when the path cannot be used.
 */
export async function streamWire(parts: WireParts, place: string, role: Role): Promise<Wire> {
  const wire = new StreamWire(parts, place)
  if (role === 'call') wire.call()
  else if (role === 'listen' || !(await wire.reached())) await wire.listen()
  return wire
}

class StreamWire implements Wire {
  readonly #parts: WireParts
  readonly #path: string
  readonly #cable: PortCable
  #socket: net.Socket | undefined
  #server: net.Server | undefined
  #retry: NodeJS.Timeout | undefined
  #closed = false
  #in = 0
  #out = 0
  #lost = 0

  constructor(parts: WireParts, place: string) {
    const { arena, scheduler, device } = parts
    this.#parts = parts
    this.#path = place
    this.#cable = new PortCable(arena, scheduler, device)
    this.#cable.up = false
    this.#cable.receive = (frame) => this.#leave(frame)
  }

  /** Calls once; false when nobody listens. Whoever answered is called again when they have gone. */
  reached(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = net.connect(this.#path)
      socket.once('error', () => resolve(false))
      socket.once('connect', () => {
        this.#answered(socket)
        resolve(true)
      })
    })
  }

  async listen(): Promise<void> {
    const there = fs.lstatSync(this.#path, { throwIfNoEntry: false })
    // Node calls these two "permission is denied" and "in use".
    if (!fs.existsSync(path.dirname(this.#path))) throw new UserError(`--wire: ${this.#path}: there is no such folder`)
    if (there?.isSocket() === false) throw new UserError(`--wire: ${this.#path}: it is no socket`)
    // What a dead listener left there.
    if (there !== undefined) fs.unlinkSync(this.#path)
    const server = net.createServer((socket) => {
      if (this.#socket === undefined) this.#plugged(socket)
      else socket.destroy()
    })
    this.#server = server
    await new Promise<void>((listening, failed) => {
      server.once('error', (error) => failed(new UserError(`--wire: ${this.#path}: ${reason(error)}`)))
      server.listen(this.#path, listening)
    })
  }

  /** Calls until somebody answers, and again when they have gone. */
  call(): void {
    const socket = net.connect(this.#path)
    socket.once('connect', () => this.#plugged(socket))
    this.#callAgain(socket)
  }

  counters(): Record<string, number> {
    return { in: this.#in, out: this.#out, lost: this.#lost + this.#cable.lost }
  }

  send(frame: Uint8Array): void {
    this.#cable.send(frame)
  }

  close(): void {
    this.#closed = true
    clearTimeout(this.#retry)
    this.#server?.close()
    this.#socket?.destroy()
  }

  #answered(socket: net.Socket): void {
    this.#plugged(socket)
    this.#callAgain(socket)
  }

  #callAgain(socket: net.Socket): void {
    socket.on('error', () => socket.destroy())
    socket.once('close', () => {
      if (!this.#closed) this.#retry = setTimeout(() => this.call(), RETRY_MS)
    })
  }

  #plugged(socket: net.Socket): void {
    this.#socket = socket
    const frames = new FrameStream((frame) => {
      this.#in++
      this.#cable.send(frame)
    })
    socket.on('data', (data) => {
      if (!frames.feed(data)) {
        this.#parts.log(`${this.#path}: what came is no stream of frames`)
        socket.destroy()
      }
      this.#parts.scheduler.burst()
    })
    socket.on('error', () => socket.destroy())
    socket.once('close', () => {
      this.#socket = undefined
      this.#carrier(false)
    })
    this.#carrier(true)
  }

  #carrier(up: boolean): void {
    this.#cable.up = up
    this.#parts.log(`${this.#path}: the far end has ${up ? 'come' : 'gone'}`)
    this.#parts.carrier(up)
  }

  #leave(frame: Uint8Array): void {
    const socket = this.#socket
    if (socket === undefined || socket.writableLength > MOST_WAITING_BYTES) {
      this.#lost++
      return
    }
    this.#out++
    socket.write(framed(frame))
  }
}

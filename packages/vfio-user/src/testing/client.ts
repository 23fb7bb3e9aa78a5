import net from 'node:net'
import type { DescriptorSender } from './descriptor-sender.js'
import { Command, DmaAccess, DmaMap, Header, MessageFlag, putU64, RegionAccess, SetIrqs, u64 } from '../protocol.js'

/** A message as it came. */
export interface Message {
  readonly id: number
  readonly command: number
  readonly flags: number
  readonly error: number
  readonly payload: Buffer
}

export function message(id: number, command: number, payload: Uint8Array, flags = 0): Buffer {
  const header = Buffer.alloc(Header.bytes)
  header.writeUInt16LE(id, Header.id)
  header.writeUInt16LE(command, Header.command)
  header.writeUInt32LE(Header.bytes + payload.length, Header.size)
  header.writeUInt32LE(flags, Header.flags)
  return Buffer.concat([header, payload])
}

/** Cuts whole messages off the front of `bytes`; returns them and the rest. */
export function parse(bytes: Buffer): { messages: Message[]; rest: Buffer } {
  const messages: Message[] = []
  let at = 0
  while (bytes.length - at >= Header.bytes) {
    const size = bytes.readUInt32LE(at + Header.size)
    if (size > bytes.length - at) break
    messages.push({
      id: bytes.readUInt16LE(at + Header.id),
      command: bytes.readUInt16LE(at + Header.command),
      flags: bytes.readUInt32LE(at + Header.flags),
      error: bytes.readUInt32LE(at + Header.error),
      payload: Buffer.from(bytes.subarray(at + Header.bytes, at + size)),
    })
    at += size
  }
  return { messages, rest: bytes.subarray(at) }
}

export function mapPayload(address: number, bytes: number, offset: number, flags = 3): Buffer {
  const payload = Buffer.alloc(DmaMap.bytes)
  payload.writeUInt32LE(DmaMap.bytes, 0)
  payload.writeUInt32LE(flags, DmaMap.flags)
  putU64(payload, DmaMap.offset, offset)
  putU64(payload, DmaMap.address, address)
  putU64(payload, DmaMap.size, bytes)
  return payload
}

export function unmapPayload(address: number, bytes: number, flags = 0): Buffer {
  const payload = Buffer.alloc(24)
  payload.writeUInt32LE(24, 0)
  payload.writeUInt32LE(flags, 4)
  putU64(payload, 8, address)
  putU64(payload, 16, bytes)
  return payload
}

export function accessPayload(
  region: number,
  offset: number,
  count: number,
  data: Uint8Array = Buffer.alloc(0),
): Buffer {
  const payload = Buffer.alloc(RegionAccess.bytes)
  putU64(payload, RegionAccess.offset, offset)
  payload.writeUInt32LE(region, RegionAccess.region)
  payload.writeUInt32LE(count, RegionAccess.count)
  return Buffer.concat([payload, data])
}

export function irqPayload(flags: number, index: number, start: number, count: number): Buffer {
  const payload = Buffer.alloc(SetIrqs.bytes)
  for (const [i, word] of [SetIrqs.bytes, flags, index, start, count].entries()) payload.writeUInt32LE(word, 4 * i)
  return payload
}

export function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length)
  for (const [i, value] of values.entries()) bytes.writeUInt32LE(value >>> 0, 4 * i)
  return bytes
}

/** A client that plays the emulator's part by script: sends what a test says, and answers the server's own commands. */
export class Client {
  readonly socket: net.Socket
  /** Everything that came, in order. */
  readonly received: Message[] = []
  /** Bus memory that the server reaches by message: the MSI-X table, by bus address. */
  readonly bus: Map<number, Buffer> = new Map<number, Buffer>()
  /** Descriptor of the guest's memory, which goes with maps; undefined where none can. */
  memory: number | undefined
  #rest: Buffer = Buffer.alloc(0)
  #id = 0
  #changed: () => void = () => undefined
  readonly #send: ((bytes: Buffer, fds: readonly number[]) => void) | undefined

  private constructor(socket: net.Socket, send?: (bytes: Buffer, fds: readonly number[]) => void) {
    this.socket = socket
    this.#send = send
    socket.on('data', (chunk) => this.#data(chunk))
    socket.on('error', () => undefined)
    socket.on('close', () => this.#changed())
  }

  /** With `sender` descriptors can be sent. */
  static async connect(path: string, sender?: DescriptorSender): Promise<Client> {
    if (sender !== undefined) {
      const fd = sender.connect(path)
      return new Client(new net.Socket({ fd, readable: true, writable: true }), sender.to(fd))
    }
    const socket = net.connect(path)
    await new Promise((connected, failed) => {
      socket.once('connect', connected)
      socket.once('error', failed)
    })
    return new Client(socket)
  }

  /** Interrupt messages that came: address and data. */
  get interrupts(): [number, number][] {
    return this.received
      .filter((got) => got.command === Command.dmaWrite && (got.flags & MessageFlag.typeMask) === 0)
      .map(({ payload }) => [u64(payload, 0), payload.readUInt32LE(DmaAccess.bytes)])
  }

  /** Descriptors go with a client that was connected to send some. */
  send(command: number, payload: Uint8Array, flags = 0, fds: readonly number[] = []): number {
    const id = this.#id++ & 0xffff
    this.sendRaw(message(id, command, payload, flags), fds)
    return id
  }

  /** Any bytes, with the descriptors on the first of them. */
  sendRaw(bytes: Buffer, fds: readonly number[]): void {
    if (fds.length > 0 && this.socket.writableLength > 0) throw new Error('descriptors would overtake what waits')
    if (bytes.length === 0) return
    if (fds.length > 0) this.#send?.(bytes, fds)
    else this.socket.write(bytes)
  }

  /** The reply to a command. */
  async call(command: number, payload: Uint8Array = Buffer.alloc(0), fds: readonly number[] = []): Promise<Message> {
    const id = this.send(command, payload, 0, fds)
    return this.until(() => this.received.find((got) => got.id === id && (got.flags & 0xf) === MessageFlag.reply))
  }

  /** The errno of a command's reply, 0 for none. */
  async errno(command: number, payload: Uint8Array = Buffer.alloc(0), fds: readonly number[] = []): Promise<number> {
    const { flags, error } = await this.call(command, payload, fds)
    return (flags & MessageFlag.error) === 0 ? 0 : error
  }

  /** Maps a part of the guest's memory; as `mapPayload`. */
  async map(...of: Parameters<typeof mapPayload>): Promise<number> {
    return this.errno(Command.dmaMap, mapPayload(...of), this.memory === undefined ? [] : [this.memory])
  }

  async version(json = '{"capabilities":{"max_msg_fds":8}}\0'): Promise<Message> {
    return this.call(Command.version, Buffer.concat([Buffer.alloc(4), Buffer.from(json)]))
  }

  async read32(region: number, offset: number): Promise<number> {
    const { payload } = await this.call(Command.regionRead, accessPayload(region, offset, 4))
    return payload.readUInt32LE(RegionAccess.bytes)
  }

  async write32(region: number, offset: number, value: number): Promise<number> {
    return this.errno(Command.regionWrite, accessPayload(region, offset, 4, words(value)))
  }

  /** Waits for something that arriving messages, or the end of the connection, make true. */
  async until<T>(get: () => T | undefined): Promise<T> {
    for (;;) {
      const got = get()
      if (got !== undefined) return got
      if (this.socket.destroyed) throw new Error('the server has closed the connection')
      await new Promise<void>((changed) => (this.#changed = changed))
    }
  }

  async closed(): Promise<void> {
    while (!this.socket.destroyed) await new Promise<void>((changed) => (this.#changed = changed))
  }

  #data(chunk: Buffer): void {
    const { messages, rest } = parse(Buffer.concat([this.#rest, chunk]))
    this.#rest = rest
    for (const got of messages) {
      this.received.push(got)
      if ((got.flags & MessageFlag.typeMask) === MessageFlag.command) this.#serve(got)
    }
    this.#changed()
  }

  /** Answers as the emulator does: data for a read that it knows, an error for another. */
  #serve({ id, command, payload }: Message): void {
    const data = this.bus.get(u64(payload, DmaAccess.address))
    const reply = Buffer.concat([payload.subarray(0, DmaAccess.bytes), data ?? Buffer.alloc(0)])
    if (command === Command.dmaRead && data === undefined) {
      const refusal = message(id, command, Buffer.alloc(0), MessageFlag.reply | MessageFlag.error)
      refusal.writeUInt32LE(14, Header.error)
      this.socket.write(refusal)
    } else this.socket.write(message(id, command, reply, MessageFlag.reply))
  }
}

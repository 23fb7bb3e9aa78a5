import { Csum, frameSegments } from '@npa/core'
import type { FrameSegments, NetDevice, NetDeviceUser, PacketBuffers, Task, TaskSource } from '@npa/core'
import type { Arena } from '@npa/memory'
import { Frame, FRAME_WORDS, frameBatch, FrameFlag } from '@npa/wire'
import type { FrameBatch, Port } from '@npa/wire'

/** Holds the longest frame there is, its IP header on a word. */
const BUFFER_BYTES = 16384
const BUFFERS = 512
const HEADROOM = 2
const BATCH = 32

/** Packet memory inside the arena, so that a port can be handed frames in place. */
class ArenaBuffers implements PacketBuffers {
  readonly u8: Uint8Array
  readonly size: number = BUFFER_BYTES
  readonly count: number = BUFFERS
  readonly base: number
  readonly #free = Array.from({ length: BUFFERS }, (_, i) => i)

  constructor(arena: Arena) {
    this.base = arena.allocate(BUFFERS * BUFFER_BYTES)
    this.u8 = arena.u8.subarray(this.base, this.base + BUFFERS * BUFFER_BYTES)
  }

  get inUse(): number {
    return BUFFERS - this.#free.length
  }

  alloc(): number {
    return this.#free.pop() ?? -1
  }

  free(buffer: number): void {
    this.#free.push(buffer)
  }
}

/** A network interface whose cable ends in a port: lets a guest stack be the far end of an emulated device. */
export class PortNic implements NetDevice, Port {
  readonly mac: Uint8Array
  readonly mtu: number
  readonly buffers: ArenaBuffers
  readonly up = true
  /** Frames lost for want of a buffer. */
  dropped = 0
  readonly #u8: Uint8Array
  readonly #task: Task
  readonly #frame = frameSegments()
  readonly #batch: FrameBatch = frameBatch(BATCH)
  readonly #sent: number[] = []
  /** Received: buffer, length, `Csum`, tag. */
  readonly #queue: [number, number, number, number][] = []
  #peer: Port | undefined
  #user: NetDeviceUser | undefined

  constructor(arena: Arena, tasks: TaskSource, mac: Uint8Array, mtu: number) {
    this.mac = mac
    this.mtu = mtu
    this.#u8 = arena.u8
    this.buffers = new ArenaBuffers(arena)
    this.#task = tasks.task('nic', (budget) => this.#deliver(budget))
  }

  attach(user: NetDeviceUser): void {
    this.#user = user
  }

  connect(peer: Port): void {
    this.#peer = peer
  }

  room(): void {
    // a vmxnet3 takes every frame
  }

  /** Frames from the device. */
  send(batch: FrameBatch, from: number, count: number): number {
    const { words } = batch
    for (let i = from; i < from + count; i++) {
      const record = i * FRAME_WORDS
      const buffer = this.buffers.alloc()
      if (buffer < 0) {
        this.dropped++
        continue
      }
      const at = words[record + Frame.address]
      const length = words[record + Frame.length]
      const flags = words[record + Frame.flags]
      this.#u8.copyWithin(this.buffers.base + buffer * BUFFER_BYTES + HEADROOM, at, at + length)
      // A checksum yet to be completed is right as far as it goes: no wire was in between.
      const good = (flags & (FrameFlag.csumWanted | FrameFlag.csumGood)) !== 0
      const vlan = (flags & FrameFlag.vlan) === 0 ? -1 : words[record + Frame.vlan]
      this.#queue.push([buffer, length, good ? Csum.good : Csum.none, vlan])
    }
    this.#task.kick()
    return count
  }

  transmit(frame: FrameSegments): boolean {
    if (this.#batch.n === BATCH) this.flush()
    const buffer = this.buffers.alloc()
    if (buffer < 0) return false
    const start = buffer * BUFFER_BYTES
    let length = 0
    for (let i = 0; i < frame.count; i++) {
      const at = frame.buffer[i] * BUFFER_BYTES + frame.offset[i]
      this.buffers.u8.copyWithin(start + length, at, at + frame.length[i])
      length += frame.length[i]
      this.buffers.free(frame.buffer[i])
    }
    const csum = frame.csumStart >= 0 ? FrameFlag.csumWanted : 0
    const vlan = frame.vlan >= 0 ? FrameFlag.vlan : 0
    const record = [this.buffers.base + start, length, csum | vlan, frame.csumStart, frame.csumOffset, frame.vlan]
    this.#batch.words.set(record, this.#batch.n++ * FRAME_WORDS)
    this.#sent.push(buffer)
    return true
  }

  flush(): void {
    if (this.#batch.n === 0) return
    this.#peer?.send(this.#batch, 0, this.#batch.n)
    this.#batch.n = 0
    for (const buffer of this.#sent) this.buffers.free(buffer)
    this.#sent.length = 0
  }

  #deliver(budget: number): boolean {
    const frame = this.#frame
    for (const [buffer, length, csum, vlan] of this.#queue.splice(0, budget)) {
      frame.count = 1
      frame.buffer[0] = buffer
      frame.offset[0] = HEADROOM
      frame.length[0] = length
      frame.csum = csum
      frame.vlan = vlan
      this.#user?.receive(frame)
    }
    return this.#queue.length > 0
  }
}

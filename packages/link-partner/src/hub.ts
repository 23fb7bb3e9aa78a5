import { Csum, frameSegments } from '@npa/core'
import type { FrameSegments, NetDevice, NetDeviceUser, PacketBuffers } from '@npa/core'

/** Where whole frames, without FCS, leave to the judged device; its own way back is `Hub.deliver`. */
export type FrameSink = (frame: Uint8Array) => void

/** Holds a jumbo frame, and its place on words. */
const BUFFER_BYTES = 16384
const BUFFERS = 1024
/** An Ethernet header of 14 bytes behind it puts the IP header on a word. */
const HEADROOM = 2

/** Our side of the cable: everything plugged in gets each frame. */
export class Hub {
  readonly #ports = new Set<FrameSink>()
  readonly #sink: FrameSink
  /** Sees every frame that the judged device sent. */
  tap: FrameSink | undefined
  /** Sees every frame that is sent to it. */
  backTap: FrameSink | undefined

  constructor(sink: FrameSink) {
    this.#sink = sink
  }

  device(mac: Uint8Array, mtu: number): CableDevice {
    const device = new CableDevice(mac, mtu, (frame) => this.inject(frame))
    this.join((frame) => device.receive(frame))
    return device
  }

  /** Plugs something else in; it sends with `inject`. Returns how to pull it out. */
  join(port: FrameSink): () => void {
    this.#ports.add(port)
    return () => this.#ports.delete(port)
  }

  /** A frame of the judged device. */
  deliver(frame: Uint8Array): void {
    this.tap?.(frame)
    for (const receive of this.#ports) receive(frame)
  }

  /** A frame to the judged device. */
  inject(frame: Uint8Array): void {
    this.backTap?.(frame)
    this.#sink(frame)
  }
}

/** An interface without offloads. */
export class CableDevice implements NetDevice {
  readonly buffers: Buffers = new Buffers()
  readonly mac: Uint8Array
  readonly mtu: number
  /** Frames longer than any that a wire carries: nobody cut them. */
  oversize = 0
  /** Frames that came while all buffers were in use. */
  lost = 0
  readonly #sink: FrameSink
  readonly #frame = frameSegments()
  #user: NetDeviceUser | undefined

  constructor(mac: Uint8Array, mtu: number, sink: FrameSink) {
    this.mac = mac
    this.mtu = mtu
    this.#sink = sink
  }

  attach(user: NetDeviceUser): void {
    this.#user = user
  }

  transmit(frame: FrameSegments): boolean {
    const { u8, size } = this.buffers
    let length = 0
    for (let i = 0; i < frame.count; i++) length += frame.length[i]
    const bytes = new Uint8Array(Math.max(length, 60))
    let at = 0
    for (let i = 0; i < frame.count; i++) {
      const from = frame.buffer[i] * size + frame.offset[i]
      bytes.set(u8.subarray(from, from + frame.length[i]), at)
      at += frame.length[i]
      this.buffers.free(frame.buffer[i])
    }
    this.#sink(bytes)
    return true
  }

  flush(): void {
    // Frames leave as they are handed over.
  }

  receive(bytes: Uint8Array): void {
    if (bytes.length > BUFFER_BYTES - HEADROOM) {
      this.oversize++
      return
    }
    const buffer = this.buffers.alloc()
    if (buffer < 0) {
      this.lost++
      return
    }
    this.buffers.u8.set(bytes, buffer * BUFFER_BYTES + HEADROOM)
    const frame = this.#frame
    frame.count = 1
    frame.buffer[0] = buffer
    frame.offset[0] = HEADROOM
    frame.length[0] = bytes.length
    frame.csum = Csum.none
    frame.vlan = -1
    this.#user?.receive(frame)
  }
}

class Buffers implements PacketBuffers {
  readonly u8: Uint8Array = new Uint8Array(BUFFERS * BUFFER_BYTES)
  readonly size: number = BUFFER_BYTES
  readonly count: number = BUFFERS
  readonly #free = Array.from({ length: BUFFERS }, (_, i) => i)

  get inUse(): number {
    return BUFFERS - this.#free.length
  }

  alloc(): number {
    return this.#free.pop() ?? -1
  }

  free(buffer: number): void {
    if (this.#free.includes(buffer)) throw new Error(`packet buffer ${buffer} is not in use`)
    this.#free.push(buffer)
  }
}

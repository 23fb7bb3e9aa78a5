import { frameSegments } from '@npa/core'
import type { FrameSegments, NetDevice, NetDeviceUser } from '@npa/core'

export interface ReceivedFrame {
  readonly bytes: Uint8Array
  readonly csum: number
  readonly vlan: number
  readonly segments: number
}

/** Offloads of a frame to send. */
export interface SendOptions {
  readonly csumStart?: number
  readonly csumOffset?: number
  readonly vlan?: number
  /** Bytes in each buffer; by default all in one. */
  readonly split?: number
}

/** The stack above a driver: keeps what it receives, sends what the test wants, counts its buffers. */
export class TestStack implements NetDeviceUser {
  readonly device: NetDevice
  readonly received: ReceivedFrame[] = []
  wakes = 0
  readonly links: boolean[] = []
  /** Called on `wake` and for every frame received. */
  onWake: (() => void) | undefined
  onReceive: (() => void) | undefined
  readonly #frame: FrameSegments = frameSegments()

  constructor(device: NetDevice) {
    this.device = device
    device.attach(this)
  }

  receive(frame: FrameSegments): void {
    const { buffers } = this.device
    const bytes: number[] = []
    for (let i = 0; i < frame.count; i++) {
      const at = frame.buffer[i] * buffers.size + frame.offset[i]
      bytes.push(...buffers.u8.subarray(at, at + frame.length[i]))
      buffers.free(frame.buffer[i])
    }
    this.received.push({ bytes: Uint8Array.from(bytes), csum: frame.csum, vlan: frame.vlan, segments: frame.count })
    this.onReceive?.()
  }

  wake(): void {
    this.wakes++
    this.onWake?.()
  }

  link(up: boolean): void {
    this.links.push(up)
  }

  /** Copies a frame into buffers and hands it to the driver; false when it was refused. */
  send(bytes: Uint8Array, options: SendOptions = {}): boolean {
    const { buffers } = this.device
    const frame = this.#frame
    const split = options.split ?? buffers.size
    frame.count = 0
    for (let at = 0; at < bytes.length; at += split) {
      const buffer = buffers.alloc()
      if (buffer < 0) throw new Error('no buffer left')
      const piece = bytes.subarray(at, at + split)
      // not at the start, so that offsets matter
      const offset = Math.min(frame.count + 2, buffers.size - piece.length)
      buffers.u8.set(piece, buffer * buffers.size + offset)
      frame.buffer[frame.count] = buffer
      frame.offset[frame.count] = offset
      frame.length[frame.count++] = piece.length
    }
    frame.csumStart = options.csumStart ?? -1
    frame.csumOffset = options.csumOffset ?? 0
    frame.vlan = options.vlan ?? -1
    if (this.device.transmit(frame)) return true
    for (let i = 0; i < frame.count; i++) buffers.free(frame.buffer[i])
    return false
  }
}

/** A UDP or TCP frame over IPv4 or IPv6 with `payload` bytes, recognisable by `mark`. */
export function ipFrame(kind: 'udp4' | 'tcp4' | 'udp6' | 'tcp6', payload: number, mark: number): Uint8Array {
  const udp = kind.startsWith('udp')
  const v4 = kind.endsWith('4')
  const l4 = v4 ? 34 : 54
  const bytes = new Uint8Array(l4 + (udp ? 8 : 20) + payload).fill(mark & 0xff)
  bytes.set([0x02, 0, 0, 0, 0, 1, 0x02, 0, 0, 0, 0, 2, v4 ? 0x08 : 0x86, v4 ? 0 : 0xdd])
  const protocol = udp ? 17 : 6
  if (v4) bytes.set([0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, mark & 0xff], 14)
  else bytes.set([0x60, 0, 0, 0, 0, 0, protocol, 64], 14)
  if (!udp) bytes[l4 + 12] = 0x50
  return bytes
}

import { frameSegments } from '@npa/core'
import type { FrameSegments, NetDevice, NetDeviceUser, Random } from '@npa/core'
import type { TestFrame } from './test-frames.js'

/** What the stack saw of a received frame. */
export interface Received {
  readonly bytes: Uint8Array
  readonly csum: number
  readonly vlan: number
}

/** A stack that sends what it is told, cut into pieces, and keeps what it receives. */
export class TestStack implements NetDeviceUser {
  readonly received: Received[] = []
  linkUp = false
  readonly #device: NetDevice
  readonly #random: Random
  readonly #frame: FrameSegments = frameSegments()

  constructor(device: NetDevice, random: Random) {
    this.#device = device
    this.#random = random
    device.attach(this)
  }

  receive(frame: FrameSegments): void {
    const { buffers } = this.#device
    const parts: Uint8Array[] = []
    for (let i = 0; i < frame.count; i++) {
      const at = frame.buffer[i] * buffers.size + frame.offset[i]
      parts.push(buffers.u8.slice(at, at + frame.length[i]))
      buffers.free(frame.buffer[i])
    }
    this.received.push({ bytes: new Uint8Array(Buffer.concat(parts)), csum: frame.csum, vlan: frame.vlan })
  }

  wake(): void {
    // Whoever sends asks again and again.
  }

  link(up: boolean): void {
    this.linkUp = up
  }

  /**
   * Sends a frame in `most` pieces, or as many as fit it or it takes, each somewhere in a buffer of its own, headers in the first.
   * False: no room now.
   */
  send(sent: TestFrame, vlan: number, most: number): boolean {
    const { buffers } = this.#device
    const frame = this.#frame
    frame.count = 0
    let from = 0
    while (from < sent.bytes.length) {
      const rest = sent.bytes.length - from
      const least = Math.min(from === 0 ? sent.headers : 1, rest)
      const wish = frame.count >= most - 1 ? rest : least + this.#random.below(rest - least + 1)
      const length = Math.min(buffers.size, wish)
      const buffer = buffers.alloc()
      if (buffer < 0) throw new Error('no packet buffer left')
      const offset = this.#random.below(buffers.size - length + 1)
      buffers.u8.set(sent.bytes.subarray(from, from + length), buffer * buffers.size + offset)
      frame.buffer[frame.count] = buffer
      frame.offset[frame.count] = offset
      frame.length[frame.count++] = length
      from += length
    }
    frame.csumStart = sent.csumStart
    frame.csumOffset = sent.csumOffset
    frame.vlan = vlan
    if (this.#device.transmit(frame)) return true
    for (let i = 0; i < frame.count; i++) buffers.free(frame.buffer[i])
    return false
  }
}

import type { Arena } from '@npa/memory'
import { Frame, FRAME_WORDS, frameBatch } from '@npa/wire'
import type { FrameBatch, Port } from '@npa/wire'

/** A frame as the switch got it. */
export interface Seen {
  readonly bytes: number[]
  readonly flags: number
  readonly csumStart: number
  readonly csumOffset: number
  readonly vlan: number
}

/** The other end of the device's cable: keeps what it gets, sends what it is told, and can be full. */
export class Switch implements Port {
  readonly up = true
  readonly seen: Seen[] = []
  /** Frames that it takes before it is full. */
  credit: number = Infinity
  /** Only counts frames, keeps nothing. */
  countOnly = false
  taken = 0
  readonly #u8: Uint8Array
  readonly #at: number
  #peer: Port | undefined

  constructor(arena: Arena) {
    this.#u8 = arena.u8
    this.#at = arena.allocate(0x10000)
  }

  connect(peer: Port): void {
    this.#peer = peer
  }

  room(): void {
    throw new Error('a vmxnet3 is never full')
  }

  /** Takes so many more frames, and says so. */
  grant(frames: number): void {
    this.credit += frames
    this.#peer?.room()
  }

  send(batch: FrameBatch, from: number, count: number): number {
    const take = Math.min(count, this.credit)
    this.credit -= take
    this.taken += take
    for (let i = from; i < from + take && !this.countOnly; i++) this.seen.push(this.#copy(batch.words, i * FRAME_WORDS))
    return take
  }

  /** Sends frames to the device in one batch. */
  deliver(
    frames: readonly {
      bytes: ArrayLike<number>
      flags?: number
      csumStart?: number
      csumOffset?: number
      vlan?: number
    }[],
  ): number {
    const batch = frameBatch(frames.length)
    let at = this.#at
    for (const { bytes, flags = 0, csumStart = 0, csumOffset = 0, vlan = 0 } of frames) {
      this.#u8.set(bytes, at)
      batch.words.set([at, bytes.length, flags, csumStart, csumOffset, vlan], batch.n * FRAME_WORDS)
      at += bytes.length
      batch.n++
    }
    return this.#peer?.send(batch, 0, batch.n) ?? 0
  }

  #copy(words: Int32Array, record: number): Seen {
    const at = words[record + Frame.address]
    return {
      bytes: Array.from(this.#u8.subarray(at, at + words[record + Frame.length])),
      flags: words[record + Frame.flags],
      csumStart: words[record + Frame.csumStart],
      csumOffset: words[record + Frame.csumOffset],
      vlan: words[record + Frame.vlan],
    }
  }
}

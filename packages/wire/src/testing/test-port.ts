import type { Clock } from '@npa/core'
import type { Arena } from '@npa/memory'
import { Frame, FRAME_WORDS, frameBatch } from '../frame-batch.js'
import type { FrameBatch } from '../frame-batch.js'
import type { Port } from '../port.js'

/** A frame as a test port got it. */
export interface Got {
  readonly timeNs: number
  readonly bytes: Uint8Array
  readonly flags: number
  readonly vlan: number
}

/** The outermost port of a test: keeps what arrives, takes at most `capacity` frames until told otherwise, notes `room`. */
export class TestPort implements Port {
  readonly got: Got[] = []
  readonly roomAtNs: number[] = []
  up: boolean = true
  capacity: number = Infinity
  peer: Port | undefined
  readonly #clock: Clock
  readonly #u8: Uint8Array

  constructor(clock: Clock, arena: Arena) {
    this.#clock = clock
    this.#u8 = arena.u8
  }

  connect(peer: Port): void {
    this.peer = peer
  }

  room(): void {
    this.roomAtNs.push(this.#clock.nowNs())
  }

  send(batch: FrameBatch, from: number, count: number): number {
    const taken = Math.min(count, this.capacity)
    this.capacity -= taken
    for (let i = from; i < from + taken; i++) {
      const words = batch.words.subarray(i * FRAME_WORDS, (i + 1) * FRAME_WORDS)
      const bytes = this.#u8.slice(words[Frame.address], words[Frame.address] + words[Frame.length])
      this.got.push({ timeNs: this.#clock.nowNs(), bytes, flags: words[Frame.flags], vlan: words[Frame.vlan] })
    }
    return taken
  }

  /** Offers frames of the batch to the peer. */
  offer(batch: FrameBatch, from: number = 0, count: number = batch.n - from): number {
    if (this.peer === undefined) throw new Error('not connected')
    return this.peer.send(batch, from, count)
  }
}

/** A batch of frames of these lengths, one behind the other in the arena; each byte of frame i is `first + i`. */
export function framesOf(arena: Arena, lengths: readonly number[], first: number = 1): FrameBatch {
  const batch = frameBatch(lengths.length)
  batch.n = lengths.length
  let at = arena.allocate(
    Math.max(
      1,
      lengths.reduce((sum, length) => sum + length, 0),
    ),
  )
  lengths.forEach((length, i) => {
    arena.u8.fill(first + i, at, at + length)
    batch.words[i * FRAME_WORDS + Frame.address] = at
    batch.words[i * FRAME_WORDS + Frame.length] = length
    at += length
  })
  return batch
}

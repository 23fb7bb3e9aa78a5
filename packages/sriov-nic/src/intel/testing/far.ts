import type { Arena } from '@npa/memory'
import { Frame, FRAME_WORDS, frameBatch } from '@npa/wire'
import type { FrameBatch, Port } from '@npa/wire'

/** The far end of the cable: keeps what it gets, refuses when told to. */
export class Far implements Port {
  readonly frames: Uint8Array[] = []
  /** When each of them came, ns. */
  readonly times: number[] = []
  /** Frames it still takes before it is full. */
  credit: number = Infinity
  up = true
  readonly #arena: Arena
  readonly #now: () => number
  #peer: Port | undefined
  readonly #batch: FrameBatch = frameBatch(1)
  readonly #at: number

  constructor(arena: Arena, now: () => number) {
    this.#arena = arena
    this.#now = now
    this.#at = arena.allocate(16384)
  }

  connect(peer: Port): void {
    this.#peer = peer
  }

  send(batch: FrameBatch, from: number, count: number): number {
    const taken = Math.min(count, this.credit)
    this.credit -= taken
    for (let i = from; i < from + taken; i++) {
      const at = batch.words[i * FRAME_WORDS + Frame.address]
      this.frames.push(this.#arena.u8.slice(at, at + batch.words[i * FRAME_WORDS + Frame.length]))
      this.times.push(this.#now())
    }
    return taken
  }

  room(): void {
    /* it sends one frame at a time */
  }

  /** Lets the chip send again. */
  open(credit: number): void {
    this.credit = credit
    this.#peer?.room()
  }

  /** Sends a frame into the chip; `flags` are those of a frame batch. */
  put(frame: Uint8Array, flags = 0): number {
    this.#arena.u8.set(frame, this.#at)
    this.#batch.words[Frame.address] = this.#at
    this.#batch.words[Frame.length] = frame.length
    this.#batch.words[Frame.flags] = flags
    return this.#peer?.send(this.#batch, 0, 1) ?? 0
  }
}

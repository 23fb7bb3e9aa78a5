import type { StateIo } from '@npa/core'
import type { Arena } from '@npa/memory'
import { Frame, FRAME_WORDS, frameBatch, FrameFlag } from '@npa/wire'
import type { FrameBatch, Port } from '@npa/wire'
import { PacketFifo } from './packet-fifo.js'

/** Frames handed to the peer in one call. */
const BATCH = 32

/** What the chip does with its wire. */
export interface WireUser {
  /** A frame from the wire, in arena bytes borrowed for the call. */
  arrived(at: number, bytes: number): void
  /** A frame from the wire that is not as it would be on one: an offload is left to do. */
  unfinished(): void
  /** A frame left. */
  left(at: number, bytes: number): void
  /** The peer has room again. */
  writable(): void
}

/**
 * The chip's end of a cable: the transmit packet buffer, and a port. Frames wait in order until the peer takes them.
 */
export class WireSide implements Port {
  readonly fifo: PacketFifo
  readonly #batch: FrameBatch = frameBatch(BATCH)
  readonly #user: WireUser
  #peer: Port | undefined
  #stopped = false
  /** The chip's own say: its MAC is on. */
  enabled = true
  /** Whether it sends light: the far end knows only that, the chip receives all the same. */
  lit = true

  constructor(arena: Arena, bytes: number, user: WireUser) {
    this.fifo = new PacketFifo(arena, bytes)
    this.#user = user
  }

  connect(peer: Port): void {
    this.#peer = peer
    this.#stopped = false
    this.#user.writable()
  }

  get up(): boolean {
    return this.enabled && this.lit
  }

  /** Whether there is a carrier from the far end. */
  get linked(): boolean {
    return this.enabled && this.#peer !== undefined && this.#peer.up
  }

  /** From the peer: takes every frame; what finds no room in the chip is lost there, as on a real wire. */
  send(batch: FrameBatch, from: number, count: number): number {
    for (let i = from; i < from + count; i++) {
      const word = i * FRAME_WORDS
      const flags = batch.words[word + Frame.flags]
      if ((flags & (FrameFlag.csumWanted | FrameFlag.vlan)) !== 0) this.#user.unfinished()
      else this.#user.arrived(batch.words[word + Frame.address], batch.words[word + Frame.length])
    }
    return count
  }

  room(): void {
    this.#stopped = false
    this.#user.writable()
  }

  /** Frames that wait for the peer, and what is known of it; the peer itself is the cable's. */
  walkState(io: StateIo, leastFrame: number): void {
    this.enabled = io.boolean('enabled', this.enabled)
    this.lit = io.boolean('lit', this.lit)
    this.#stopped = io.boolean('stopped', this.#stopped)
    io.part('buffer', (buffer) => this.fifo.walkState(buffer, leastFrame, () => undefined))
  }

  /** Hands frames to the peer while it takes them. */
  drain(): void {
    const words = this.#batch.words
    while (!this.#stopped && this.fifo.count > 0 && this.#peer !== undefined) {
      const n = Math.min(BATCH, this.fifo.count)
      for (let i = 0; i < n; i++) {
        const slot = this.fifo.slot(i)
        words[i * FRAME_WORDS + Frame.address] = this.fifo.start(slot)
        words[i * FRAME_WORDS + Frame.length] = this.fifo.length(slot)
        words[i * FRAME_WORDS + Frame.flags] = 0
      }
      this.#batch.n = n
      const taken = this.#peer.send(this.#batch, 0, n)
      for (let i = 0; i < taken; i++) {
        const slot = this.fifo.slot()
        this.#user.left(this.fifo.start(slot), this.fifo.length(slot))
        this.fifo.shift()
      }
      if (taken < n) this.#stopped = true
    }
  }
}

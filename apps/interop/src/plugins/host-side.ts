import type { Arena } from '@npa/memory'
import { Frame, FRAME_WORDS, frameBatch } from '@npa/wire'
import type { FrameBatch, Port } from '@npa/wire'

/** Room for the longest frame that is sent here. */
const FRAME_BYTES = 2048

/** A frame that came up through the PF, and what the driver said beside it. */
export interface HostFrame {
  readonly bytes: Uint8Array
  readonly flags: number
  readonly vlan: number
}

/** In the place of the virtual switch: takes what the PF receives, and sends. */
export class HostSide implements Port {
  readonly got: HostFrame[] = []
  readonly up: boolean = true
  readonly #arena: Arena
  readonly #batch: FrameBatch = frameBatch(1)
  readonly #at: number
  #peer: Port | undefined

  constructor(arena: Arena) {
    this.#arena = arena
    this.#at = arena.allocate(FRAME_BYTES)
  }

  connect(peer: Port): void {
    this.#peer = peer
  }

  room(): void {
    // Whoever sends here has room: the ring is larger than all that is sent.
  }

  send(batch: FrameBatch, from: number, count: number): number {
    for (let i = from; i < from + count; i++) {
      const word = (name: keyof typeof Frame): number => batch.words[i * FRAME_WORDS + Frame[name]]
      const at = word('address')
      const bytes = this.#arena.u8.slice(at, at + word('length'))
      this.got.push({ bytes, flags: word('flags'), vlan: word('vlan') })
    }
    return count
  }

  /** Sends a frame through the PF; throws an `Error` when it is not taken. */
  put(bytes: Uint8Array, flags = 0, csumStart = 0, csumOffset = 0, vlan = 0): void {
    this.#arena.u8.set(bytes, this.#at)
    this.#batch.words.set([this.#at, bytes.length, flags, csumStart, csumOffset, vlan])
    this.#batch.n = 1
    if (this.#peer?.send(this.#batch, 0, 1) !== 1) throw new Error('the PF driver took no frame')
  }
}

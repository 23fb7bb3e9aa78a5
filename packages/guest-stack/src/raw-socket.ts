import type { Counters, FrameSegments } from '@npa/core'
import { WordsCache } from './bytes.js'
import type { TransmitQueue } from './transmit-queue.js'
import type { Waiter } from './wait-list.js'

/**
 * Sees a received frame before the stack: its bytes, in one piece and borrowed until it returns, and its offload words. True
 * keeps it from the stack and from later taps.
 */
export type Tap = (u8: Uint8Array, at: number, length: number, frame: FrameSegments) => boolean

/** Sends whole frames past the stack, in order, and sees received ones. */
export class RawSocket implements Waiter {
  waiting = 0
  /** After a refused `send`: there is room again. */
  onDrained: (() => void) | undefined
  readonly tap: Tap | undefined
  readonly #transmit: TransmitQueue
  readonly #counters: Counters
  readonly #sent: number
  readonly #release: () => void
  readonly #views = new WordsCache()

  /** Made by `GuestStack.raw`. */
  constructor(transmit: TransmitQueue, counters: Counters, tap: Tap | undefined, release: () => void) {
    this.#transmit = transmit
    this.#counters = counters
    this.#sent = counters.slot('raw.sent')
    this.tap = tap
    this.#release = release
  }

  /**
   * Sends a frame as it is, with the VLAN tag beside it when `vlan` is not -1; false when there is no room now (`onDrained`
   * follows). Throws a `RangeError` for a frame that the device's buffers cannot hold.
   */
  send(u8: Uint8Array, at: number, length: number, vlan = -1): boolean {
    const transmit = this.#transmit
    if (!(length >= 14 && length <= transmit.longest)) {
      throw new RangeError(`a frame of ${length} bytes: 14 to ${transmit.longest} are expected`)
    }
    transmit.enter()
    const sent = transmit.ready && transmit.begin(length, 0)
    if (sent) {
      transmit.put(this.#views.of(u8), at, length)
      transmit.frame.vlan = vlan
      transmit.commit()
      this.#counters.values[this.#sent]++
    } else transmit.waiters.add(this)
    transmit.leave()
    return sent
  }

  /** Sees and sends no more. */
  close(): void {
    this.onDrained = undefined
    this.#release()
  }

  resume(): void {
    this.onDrained?.()
  }

  unreachable(): void {
    // Raw frames name their neighbour themselves.
  }
}

import type { FrameBatch } from './frame-batch.js'

/**
 * Where frames enter a device, and its way to the peer. `send` is called by the peer; the owner calls `send` of the port that
 * `connect` gave it. Wrapper ports (capture, fault, meter) stand between two ports and look like the peer to each.
 */
export interface Port {
  /** Offers frames `from` … `from + count - 1`; returns how many were taken, first ones first. The rest stay with the caller, who is told by its own `room`. */
  send(batch: FrameBatch, from: number, count: number): number
  /** The peer has room again after it took fewer frames than offered. Must not send from inside this call: arm a task. */
  room(): void
  /** Gives the port its peer. */
  connect(peer: Port): void
  readonly up: boolean
}

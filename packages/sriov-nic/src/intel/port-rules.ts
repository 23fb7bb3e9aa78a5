import type { RxLayers } from './rx-classify.js'

/** Pools and queues of a chip in the mode that its registers say. */
export interface PoolMap {
  /** Whether there are pools; pool 0 stands for the port while there are none. */
  readonly virtualised: boolean
  /** The hash that `hash` has found. */
  readonly lastHash: number
  /** RSS type of a frame (0: not hashed), and its hash in `lastHash`. */
  hash(u8: Uint8Array, layers: RxLayers): number
  /** The receive queue of a frame in a pool; one past the last when it has none. */
  rxQueue(pool: number, hash: number, hashed: boolean): number
  txPool(queue: number): number
  /** Behind which headers frames of a receive queue are split: PSRTYPE of its pool. */
  splitTypes(queue: number): number
  /** Whether a pool may send. */
  mayTransmit(pool: number): boolean
  /** A pool's port VLAN: tag in 15:0, bit 30 insert it always, bit 31 never insert. */
  portVlan(pool: number): number
}

/** How long a received frame may be. `bytes` are without FCS. */
export interface FrameLimits {
  tooLong(bytes: number, tagged: boolean): boolean
  /** Takes pools for which the frame is too long out of the switch's verdict; how many these were. */
  narrow(bytes: number, tagged: boolean): number
}

/** What the receive side tells the chip's statistics. */
export interface ReceiveStatistics {
  /** A frame of legal size from the wire, whether or not a filter lets it pass. */
  wireIn(bytes: number): void
  /** A frame from the wire that passed the filters. `macLo` are its first four bytes. */
  accepted(bytes: number, macLo: number, macHi: number): void
  undersize(): void
  oversize(): void
  /** A frame found no room in the receive packet buffer. */
  missed(): void
  /** A copy was put into a receive queue, after another one of the same frame when `again`. */
  delivered(queue: number, pool: number, bytes: number, multicast: boolean, looped: boolean, again: boolean): void
  /** A copy was dropped because its queue has no descriptor. */
  dropped(queue: number): void
  /** A copy was dropped because its queue is not enabled. */
  droppedOff(queue: number): void
}

/** What the transmit side tells the chip's statistics. */
export interface TransmitStatistics {
  /** A frame was read from a transmit queue. */
  sent(queue: number, pool: number, bytes: number): void
  /** A frame for other pools of the chip; `bytes` as sent. */
  lent(pool: number, bytes: number): void
  /** A frame left for the wire. */
  wireOut(bytes: number, macLo: number, macHi: number): void
  /** A frame with an address or tag that is not its pool's. */
  spoofed(queue: number, pool: number): void
}

import type { SwitchLimits } from '../engine/pool-switch.js'
import type { RxLimits } from '../intel/rx-engine.js'
import type { TxLimits } from '../intel/tx-engine.js'

/** What the chip has of everything (82576 datasheet 1.4, 7.1, 7.2, 7.10). Bytes where not said otherwise. */
export const LIMITS: {
  readonly rxPacketBuffer: number
  readonly txPacketBuffer: number
  readonly tx: TxLimits
  readonly rx: RxLimits
  readonly switch: SwitchLimits
  readonly etherTypes: number
  /** As many pools; a pool has queues v and v + 8. */
  readonly vfs: number
  readonly vfQueues: number
  readonly pfVectors: number
  readonly vfVectors: number
  /** Causes in EICR: the vectors of all functions together. */
  readonly vectors: number
  readonly registerSpace: number
} = {
  rxPacketBuffer: 64 * 1024,
  txPacketBuffer: 40 * 1024,
  tx: { queues: 16, burst: 40, maxFrame: 9724, minFrame: 60, segment: { headerBytes: 240, headerBuffers: 4 } },
  rx: { queues: 16, burst: 40, errorShift: 1 },
  switch: { addresses: 24, vlans: 32 },
  etherTypes: 8,
  vfs: 8,
  vfQueues: 2,
  pfVectors: 10,
  vfVectors: 3,
  vectors: 25,
  registerSpace: 0x20000,
}

/**
 * Time from asking for a burst of descriptors to having it, ns: one PCIe round trip through a host's root complex. It is the
 * model's only latency of the bus; writes are posted and take none.
 */
export const DMA_LATENCY_NS = 500

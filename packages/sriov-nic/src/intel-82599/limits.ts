import type { RxLimits } from '../intel/rx-engine.js'
import type { TxLimits } from '../intel/tx-engine.js'
import type { SwitchLimits } from '../engine/pool-switch.js'

/** What the chip has of everything (82599 datasheet 1.4, 7.1, 7.2, 7.10). Bytes where not said otherwise. */
export const LIMITS: {
  readonly rxPacketBuffer: number
  readonly txPacketBuffer: number
  readonly tx: TxLimits
  readonly rx: RxLimits
  readonly switch: SwitchLimits
  readonly etherTypes: number
  readonly vfs: number
  readonly pfVectors: number
  readonly vfVectors: number
  readonly registerSpace: number
} = {
  rxPacketBuffer: 512 * 1024,
  txPacketBuffer: 160 * 1024,
  tx: {
    queues: 128,
    burst: 40,
    maxFrame: 15872,
    minFrame: 60,
    segment: { headerBytes: 240, headerBuffers: 4 },
  },
  rx: { queues: 128, burst: 40, errorShift: 0 },
  switch: { addresses: 128, vlans: 64 },
  etherTypes: 8,
  vfs: 64,
  pfVectors: 64,
  vfVectors: 3,
  registerSpace: 0x20000,
}

/**
 * Time from asking for a burst of descriptors to having it, ns: one PCIe round trip through a host's root complex. It is the
 * model's only latency of the bus; writes are posted and take none.
 */
export const DMA_LATENCY_NS = 500

import type { Dma } from '@npa/memory'

/** Why a transmit queue was stopped: bits of LVMMC_TX. */
export const TxFault = {
  macHeader: 0x1,
  size: 0x100,
  illegalOffload: 0x400,
  contextInPacket: 0x2000,
  payloadLength: 0x8000,
  memoryAccess: 0x80000,
  descriptorType: 0x100000,
  zeroLength: 0x200000,
  noEndOfPacket: 0x400000,
  queueContext: 0x20000000,
} as const

/** What the transmit engine needs of the chip around it. */
export interface TxHost {
  /** Bus memory as the queue's function sees it; undefined when the function is not there. */
  dma(queue: number): Dma | undefined
  /** Whether the queue may fetch: transmit is on, and on for its pool. */
  mayFetch(queue: number): boolean
  /** PFVMVIR of the queue's pool: tag in 15:0, bit 30 insert it always, bit 31 never insert. */
  portVlan(queue: number): number
  /** Arena offset at which a frame of up to `bytes` can be built, or -1: call again after `Tx.kick`. */
  reserve(bytes: number): number
  /** A frame is complete at the reserved place. */
  transmit(queue: number, at: number, bytes: number): void
  /** A frame was read from memory and given up, for the reason named. */
  refused(queue: number, why: 'tso' | 'sctp'): void
  /** A completion was written. */
  completed(queue: number): void
  /** The queue was stopped, for a reason of `TxFault`. */
  fault(queue: number, cause: number): void
}

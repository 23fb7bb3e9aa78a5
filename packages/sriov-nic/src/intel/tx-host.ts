import type { Dma } from '@npa/memory'

/** Why a transmit queue was stopped: bits of LVMMC_TX (X550 datasheet 8.2.2.22.15, which the 82599 shares). */
export const TxFault = {
  macHeader: 0x1,
  ipv4Header: 0x2,
  ipv6Header: 0x4,
  /** Ethernet and IP headers are longer than what is there. */
  headers: 0x8,
  /** The L4 headers of a message to be segmented. */
  tcpHeader: 0x10,
  udpHeader: 0x40,
  /** An SCTP packet is too short, or its length no multiple of four. */
  sctpHeader: 0x80,
  size: 0x100,
  illegalOffload: 0x400,
  sctpLength: 0x800,
  zeroSegment: 0x1000,
  contextInPacket: 0x2000,
  /** The headers of a message are spread over too many buffers. */
  headerBuffers: 0x4000,
  /** PAYLEN is not what the buffers hold: of a single packet, of a message to be segmented. */
  payloadLength: 0x8000,
  messageLength: 0x10000,
  /** The L4 part of a packet is shorter than the header whose checksum is wanted. */
  udpLength: 0x20000,
  tcpLength: 0x40000,
  memoryAccess: 0x80000,
  descriptorType: 0x100000,
  /** A descriptor without data is neither a packet of its own nor the end of one. */
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
  /** A message to be segmented ends within its headers: it was given up, and its queue goes on. */
  refused(queue: number): void
  /** A completion was written. */
  completed(queue: number): void
  /** When the queue's interrupt would be let through at the earliest, ns: its moderation has run out then. */
  interruptDue(queue: number): number
  /** A completion could not be written, long after its frame was sent. */
  writeRefused(queue: number): void
  /** The queue was stopped, for a reason of `TxFault`. */
  fault(queue: number, cause: number): void
}

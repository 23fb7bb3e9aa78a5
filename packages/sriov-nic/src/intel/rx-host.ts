import type { Dma } from '@npa/memory'

/** Why a receive queue was stopped: bits of LVMMC_RX. */
export const RxFault = { memoryAccess: 0x1, queueContext: 0x2 } as const

/** What the receive engine needs of the chip around it. */
export interface RxHost {
  /** Bus memory as the queue's function sees it; undefined when the function is not there. */
  dma(queue: number): Dma | undefined
  /** Whether receive is on at all: no queue fetches or takes frames otherwise. */
  receiving(): boolean
  /** Descriptors were written back. */
  completed(queue: number): void
  /** Frames that queues have taken, whose end is written back now. */
  delivered(frames: number): void
  /** Frames that a queue had taken were lost before that: it was `stopped` for a fault, or reset. */
  cutOff(frames: number, stopped: boolean): void
  /** The queue was stopped, for a reason of `RxFault`. */
  fault(queue: number, cause: number): void
  /** When the queue's interrupt would be let through at the earliest, ns: its moderation has run out then. */
  interruptDue(queue: number): number
  /** Behind which headers frames of the queue's pool are split: bits of `SplitType`. */
  splitTypes(queue: number): number
  /** A queue may take frames again that it refused with `Delivery.wait`. */
  wake(): void
}

/** What a frame's bytes do not say; filled in once for all its copies. */
export interface RxFrame {
  at: number
  bytes: number
  /** Word 0 of the advanced write-back: RSS and packet type. */
  packetInfo: number
  /** Word 1: what is reported, the hash as a rule. */
  rssHash: number
  /** Status and error bits beyond DD, EOP and VP. */
  status: number
  /** Bytes up to the end of the IP header with its extensions, and of the TCP or UDP header; 0 without. */
  l3End: number
  l4End: number
  /** The frame came from the wire and has no other copies. */
  single: boolean
  /** Whether bytes 12 to 15 are a VLAN tag. */
  tagged: boolean
  /** What is done with the tag, if not what the queue says: a `TagMode`, or -1. */
  tagMode: number
}

/** Outcome of offering a frame to a queue. */
export const Delivery = { done: 0, wait: 1, queueOff: 2, queueStopped: 3, noDescriptor: 4 } as const

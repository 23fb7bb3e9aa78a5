import type { Arena } from '@npa/memory'
import { DESC_BYTES, MAX_RX_QUEUES, MAX_TX_QUEUES, QUEUE_ENTRY_BYTES, RssConf, Shared } from '@npa/vmxnet3-spec'

/** Longest frame: the largest MTU, an Ethernet header and two tags. */
export const MAX_FRAME_BYTES = 9022

/** Frames that one transmit batch holds, and bytes of the memory they are gathered into. */
export const TX_BATCH = 32
export const TX_STAGING_BYTES = 65536

/** Longest headers that a descriptor can tell of. */
export const HEADER_BYTES = 1024

/** Descriptors fetched in one burst. A whole chain fits in either. */
export const TX_BURST = 64
export const RX_BURST = 32

/** Most segments that are coalesced into one receive, and most bytes of their payload: a head buffer and 15 pages hold them. */
export const MAX_LRO_SEGMENTS = 48
export const MAX_LRO_BYTES: number = 15 * 4096

/** Longest headers of a coalesced segment: Ethernet, two tags, IPv6, TCP with all options. */
const LRO_HEADER_BYTES = 14 + 8 + 40 + 60

/** Bytes of the all-zero piece, and of the piece that rings are probed through. */
export const PAGE_BYTES = 4096

/** Where the device keeps what it has read: offsets in the arena, all in one allocation. */
export interface ChipMemory {
  /** The first of them: it is where the allocation starts. */
  readonly shared: number
  readonly queueTable: number
  readonly staging: number
  /** Each transmit queue's headers of the frame that is being segmented. */
  readonly headers: number
  /** Reused for every piece of a table or ring that is looked through. */
  readonly page: number
  /** Always zero. */
  readonly zeros: number
  readonly txWindow: number
  readonly rxWindow: number
  /** A VLAN tag and a checksum that go into a received frame. */
  readonly tag: number
  readonly checksum: number
  /** The headers of a receive of several segments. */
  readonly lroHeader: number
  /** The RSS configuration. */
  readonly rss: number
  readonly word: number
  readonly completion: number
}

/** Takes the device's memory from the arena. Throws a `RangeError` when there is no room. */
export function chipMemory(arena: Arena): ChipMemory {
  let bytes = 0
  const place = (size: number): number => {
    const at = bytes
    bytes += Math.ceil(size / 64) * 64
    return at
  }
  const layout = {
    shared: place(Shared.bytes),
    queueTable: place((MAX_TX_QUEUES + MAX_RX_QUEUES) * QUEUE_ENTRY_BYTES),
    staging: place(TX_STAGING_BYTES),
    headers: place(MAX_TX_QUEUES * HEADER_BYTES),
    page: place(PAGE_BYTES),
    zeros: place(PAGE_BYTES),
    txWindow: place(MAX_TX_QUEUES * TX_BURST * DESC_BYTES),
    rxWindow: place(MAX_RX_QUEUES * 2 * RX_BURST * DESC_BYTES),
    tag: place(4),
    checksum: place(2),
    lroHeader: place(LRO_HEADER_BYTES),
    rss: place(RssConf.bytes),
    word: place(4),
    completion: place(DESC_BYTES),
  }
  const base = arena.allocate(bytes)
  const at = { ...layout }
  for (const name of Object.keys(layout) as (keyof ChipMemory)[]) at[name] += base
  return at
}

/** Words of one frame's record in a batch. */
export const FRAME_WORDS = 6

/** Word offsets inside a frame's record. */
export const Frame = {
  /** Arena offset of the frame's first byte (destination MAC). */
  address: 0,
  /** Bytes, without FCS. */
  length: 1,
  /** Bits of `FrameFlag`. */
  flags: 2,
  /** Where the L4 checksum starts, from the frame's first byte; with `csumWanted`. */
  csumStart: 3,
  /** Where, from `csumStart`, the checksum is stored; with `csumWanted`. */
  csumOffset: 4,
  /** VLAN tag control information that is not in the bytes; with `vlan`. */
  vlan: 5,
} as const

/** What comes with a frame beside its bytes, as virtio's network header has it. */
export const FrameFlag = {
  /** The L4 checksum field holds the pseudo-header sum; whoever puts the frame on a wire completes it. */
  csumWanted: 1,
  /** Every checksum of the frame was found right by hardware. */
  csumGood: 2,
  /** One was found wrong. */
  csumBad: 4,
  /** A tag is to be put in before the frame meets a wire, or was taken out of it. */
  vlan: 8,
} as const

/**
 * Up to `capacity` frames in the arena, as records of `FRAME_WORDS` words. The frames' bytes are borrowed by the receiver
 * until its `send` returns; what it keeps, it copies.
 */
export interface FrameBatch {
  n: number
  readonly words: Int32Array
}

export function frameBatch(capacity: number): FrameBatch {
  return { n: 0, words: new Int32Array(capacity * FRAME_WORDS) }
}

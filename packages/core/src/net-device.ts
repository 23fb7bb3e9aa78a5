/** Most buffers that one frame can consist of: 16 fit a vmxnet3 descriptor chain without segmentation offload. */
export const MAX_SEGMENTS = 16

/** What is known of a received frame's L4 checksum, or wanted of a sent one's. */
export const Csum = {
  /** Nobody looked; the stack must. */
  none: 0,
  /** The device found every checksum of the frame right. */
  good: 1,
  /** The device found one wrong. */
  bad: 2,
} as const

/**
 * A frame between a stack and its network device: buffers of the device's pool, and offload words. One such object is reused
 * for every frame; whoever is handed it copies what it needs before it returns.
 */
export interface FrameSegments {
  count: number
  readonly buffer: Int32Array
  readonly offset: Int32Array
  readonly length: Int32Array
  /** Transmit: where the L4 checksum starts (-1: none wanted) and where, from there, it is stored. */
  csumStart: number
  csumOffset: number
  /** Receive: one of `Csum`. */
  csum: number
  /** VLAN tag control information to insert, or that was stripped; -1 for none. */
  vlan: number
}

/** An empty frame record, to be reused. */
export function frameSegments(): FrameSegments {
  return {
    count: 0,
    buffer: new Int32Array(MAX_SEGMENTS),
    offset: new Int32Array(MAX_SEGMENTS),
    length: new Int32Array(MAX_SEGMENTS),
    csumStart: -1,
    csumOffset: 0,
    csum: Csum.none,
    vlan: -1,
  }
}

/** Packet memory of a network device, handed out by small integers. */
export interface PacketBuffers {
  /** All buffers, one after the other. */
  readonly u8: Uint8Array
  /** Bytes of one buffer. */
  readonly size: number
  readonly count: number
  readonly inUse: number
  /** A buffer's id, or -1 when none is left. Its first byte is `u8[id * size]`. */
  alloc(): number
  /** Returns a buffer; throws an `Error` when it is not in use (a double free is a bug of the caller). */
  free(buffer: number): void
}

/** What a network device calls in the stack above it. */
export interface NetDeviceUser {
  /** A frame arrived; its buffers now belong to the stack, which frees them. */
  receive(frame: FrameSegments): void
  /** Transmission was stopped, or the ring full, and is possible again. */
  wake(): void
  link(up: boolean): void
}

/** A network interface as the guest's stack sees it. */
export interface NetDevice {
  /** Six bytes. */
  readonly mac: Uint8Array
  readonly mtu: number
  readonly buffers: PacketBuffers
  attach(user: NetDeviceUser): void
  /** True: the frame is taken and its buffers with it. False: the queue is stopped or full; `wake` follows. */
  transmit(frame: FrameSegments): boolean
  /** No more frames follow at this instant: ring the doorbell for those taken. */
  flush(): void
}

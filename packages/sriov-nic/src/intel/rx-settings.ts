/** Whether headers have a buffer of their own: never, when they are known, or the start of every frame. */
export const SplitMode = { none: 0, headers: 1, always: 2 } as const

/** What is done with the VLAN tag of a received frame. */
export const TagMode = { keep: 0, strip: 1, hide: 2 } as const

/** How the receive queues treat frames, one column for each property, by queue. */
export class RxSettings {
  /** Bytes of a buffer; 0 makes no sense and stops the queue. */
  readonly bufferBytes: Int32Array
  /** Bytes of a header's buffer, and a `SplitMode`. */
  readonly headerBytes: Int32Array
  readonly split: Uint8Array
  readonly legacy: Uint8Array
  /** A `TagMode`. */
  readonly tagMode: Uint8Array
  /** Whether a frame is dropped, and does not wait, when the queue has no descriptor. */
  readonly dropping: Uint8Array
  /** Most descriptors of a coalesced packet; 0 coalesces nothing. */
  readonly coalesce: Uint8Array

  constructor(queues: number) {
    this.bufferBytes = new Int32Array(queues)
    this.headerBytes = new Int32Array(queues)
    this.split = new Uint8Array(queues)
    this.legacy = new Uint8Array(queues)
    this.tagMode = new Uint8Array(queues)
    this.dropping = new Uint8Array(queues)
    this.coalesce = new Uint8Array(queues)
  }
}

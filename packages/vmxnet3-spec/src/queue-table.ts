/** Bytes of one queue's entry; all transmit queues come first. */
export const QUEUE_ENTRY_BYTES = 256
export const QUEUE_TABLE_ALIGN = 128

/** Byte offsets in a transmit queue's entry; addresses have 64 bits. */
export const TxQueue = {
  deferred: 0,
  /** The device sets it: the driver rings the doorbell when so many frames are deferred. */
  threshold: 4,
  ringAddress: 16,
  dataRingAddress: 24,
  compRingAddress: 32,
  ringSize: 56,
  dataRingSize: 60,
  compRingSize: 64,
  /** u8 */
  interrupt: 72,
  /** u8 */
  stopped: 80,
  error: 84,
  /** Ten 64-bit counters, see `TxStat`. */
  stats: 88,
} as const

/** Byte offsets in a receive queue's entry. */
export const RxQueue = {
  /** u8: the device asks the driver to write the producer register. */
  updateProd: 0,
  /** Two 64-bit addresses. */
  ringAddress: 16,
  compRingAddress: 32,
  /** Two sizes. */
  ringSize: 56,
  compRingSize: 64,
  /** u8 */
  interrupt: 72,
  /** u8 */
  stopped: 80,
  error: 84,
  /** Ten 64-bit counters, see `RxStat`. */
  stats: 88,
} as const

/** Index of a transmit counter (UPT1_TxStats). */
export const TxStat = {
  tsoPackets: 0,
  tsoBytes: 1,
  unicastPackets: 2,
  unicastBytes: 3,
  multicastPackets: 4,
  multicastBytes: 5,
  broadcastPackets: 6,
  broadcastBytes: 7,
  errors: 8,
  discarded: 9,
} as const

/** Index of a receive counter (UPT1_RxStats). */
export const RxStat = {
  lroPackets: 0,
  lroBytes: 1,
  unicastPackets: 2,
  unicastBytes: 3,
  multicastPackets: 4,
  multicastBytes: 5,
  broadcastPackets: 6,
  broadcastBytes: 7,
  outOfBuffers: 8,
  errors: 9,
} as const

/** Values of `error`. */
export const QueueError = {
  noEop: 0x80000000,
  reused: 0x80000001,
  tooBig: 0x80000002,
  badType: 0x80000003,
  bufferTooSmall: 0x80000004,
  modeSwitch: 0x80000006,
  invalid: 0x80000007,
} as const

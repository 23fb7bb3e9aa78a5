/** Bytes and words of every descriptor and completion. */
export const DESC_BYTES = 16
export const DESC_WORDS = 4

export const RING_ALIGN = 512
/** Ring sizes are multiples of this. */
export const RING_SIZE_UNIT = 32
export const MAX_TX_RING = 4096
export const MAX_RX_RING = 4096
/** Most bytes behind a transmit descriptor (a length field of 0 says this), and behind a receive descriptor. */
export const MAX_TX_BUFFER = 16384
export const MAX_RX_BUFFER = 16383
/** Most descriptors of a frame without segmentation offload. */
export const MAX_TX_DESCRIPTORS = 16
/** The same with it. */
export const MAX_TSO_DESCRIPTORS = 24

/** Transmit descriptor: words 0 and 1 are the buffer's address. */
export const TxDesc = {
  /** Word 2 */
  lengthMask: 0x3fff,
  gen: 0x4000,
  descType: 0x10000,
  /** Checksum: offset of the checksum field in the frame; TSO: segment size. */
  msscofShift: 18,
  msscofMask: 0x3fff,
  /** Word 3: checksum: offset of the L4 header; TSO: bytes of all headers. */
  hlenMask: 0x3ff,
  omShift: 10,
  omMask: 3,
  eop: 0x1000,
  cq: 0x2000,
  ti: 0x8000,
  tciShift: 16,
} as const

/** Offload modes in a transmit descriptor. */
export const TxOffload = { none: 0, encapsulation: 1, checksum: 2, tso: 3 } as const

/** Transmit completion: word 0 holds the index of the frame's last descriptor, word 3 the type and generation. */
export const TxComp = { indexMask: 0xfff, gen: 0x80000000 } as const

/** Receive descriptor: words 0 and 1 are the buffer's address, word 2: */
export const RxDesc = { lengthMask: 0x3fff, body: 0x4000, descType: 0x8000, gen: 0x80000000 } as const

/** Receive completion. */
export const RxComp = {
  /** Word 0 */
  indexMask: 0xfff,
  eop: 0x4000,
  sop: 0x8000,
  queueShift: 16,
  queueMask: 0x3ff,
  /** What word 1 is the hash of: one of `RssType`. */
  rssTypeShift: 26,
  rssTypeMask: 15,
  /** Checksums were not calculated. */
  cnc: 0x40000000,
  /** Word 2 */
  lengthMask: 0x3fff,
  err: 0x4000,
  /** A tag was stripped; its value is in bits 31:16. */
  ts: 0x8000,
  tciShift: 16,
  /** Word 3 */
  tuc: 0x10000,
  udp: 0x20000,
  tcp: 0x40000,
  ipc: 0x80000,
  v6: 0x100000,
  v4: 0x200000,
  frg: 0x400000,
  fcs: 0x800000,
  typeShift: 24,
  typeMask: 0x7f,
  typeNormal: 3,
  /** Revision 2: several TCP segments in one; word 1 holds their number in its low byte, word 3 their size in its low half. */
  typeLro: 4,
  gen: 0x80000000,
} as const

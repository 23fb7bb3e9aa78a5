/**
 * Descriptors of the 82576 and 82599 family: 16 bytes, four words. Bit numbers are those inside a word
 * (82599 datasheet 7.1.6, 7.2.3).
 */
export const DESCRIPTOR_BYTES = 16

/** Transmit, word 2 (command) of every kind. */
export const TxCmd = {
  lengthMask: 0xffff,
  /** DTYP: the kind of an extended descriptor. */
  typeShift: 20,
  typeMask: 0xf,
  context: 2,
  data: 3,
  /** End of packet. */
  eop: 0x1000000,
  /** Legacy: insert the checksum at CSO. */
  insertChecksum: 0x4000000,
  /** Report status. */
  rs: 0x8000000,
  /** Descriptor extension: not a legacy descriptor. */
  dext: 0x20000000,
  /** VLAN insertion. */
  vle: 0x40000000,
  /** TCP segmentation. */
  tse: -0x80000000,
} as const

/** Transmit, word 3 of a data descriptor. */
export const TxInfo = {
  done: 1,
  /** IDX: of the three bits the chips use the lowest, for two context slots. */
  contextSlot: 0x10,
  ixsm: 0x100,
  txsm: 0x200,
  payloadShift: 14,
} as const

/** Context descriptor. */
export const TxContext = {
  /** Word 0. */
  ipLengthMask: 0x1ff,
  macLengthShift: 9,
  macLengthMask: 0x7f,
  vlanShift: 16,
  /** Word 2. */
  ipv4: 0x400,
  l4TypeShift: 11,
  l4TypeMask: 3,
  /** Word 3. */
  l4LengthShift: 8,
  l4LengthMask: 0xff,
  mssShift: 16,
} as const

/** L4T of a context descriptor. */
export const L4Type = { udp: 0, tcp: 1, sctp: 2 } as const

/** Receive, advanced write-back: word 0. */
export const RxPacketType = {
  ipv4: 0x10,
  /** With options, and with extension headers. */
  ipv4Options: 0x20,
  ipv6: 0x40,
  ipv6Extended: 0x80,
  tcp: 0x100,
  udp: 0x200,
  sctp: 0x400,
  /** An EtherType filter matched: which, in the three bits from `filterShift` on. */
  etherType: 0x8000,
  filterShift: 4,
} as const

/** Receive, advanced write-back: word 0 beyond RSS and packet type. */
export const RxHeader = {
  /** RSCCNT: of a coalesced packet's descriptor, one more than the packets that start in its buffer; 0 for any other. */
  countShift: 17,
  lengthShift: 21,
  lengthMask: 0x3ff,
  /** SPH: the header is in its own buffer. */
  split: -0x80000000,
} as const

/** PSRTYPE: behind which headers a frame is split. */
export const SplitType = { tcp: 0x10, udp: 0x20, ipv4: 0x100, ipv6: 0x200, ethernet: 0x1000 } as const

/** Receive, advanced write-back: word 2, status and errors. */
export const RxStatus = {
  done: 1,
  eop: 0x2,
  /** NEXTP of a coalesced packet's descriptor, while it is not the last. */
  nextShift: 4,
  vlanPacket: 0x8,
  udpChecked: 0x10,
  l4Checked: 0x20,
  ipChecked: 0x40,
  /** Passed an inexact filter only. */
  inexact: 0x80,
  /** A fragment of UDP whose checksum is reported. */
  fragmentChecked: 0x400,
  loopback: 0x40000,
  /** FCERR of FCoE frames: the FC CRC is wrong. */
  fcCrcError: 0x100000,
  /** The header is longer than its buffer. */
  headerOverflow: 0x800000,
  /** The chip may write these two lower (`RxLimits.errorShift`). */
  l4Error: 0x40000000,
  ipError: -0x80000000,
} as const

/** SRRCTL.DESCTYPE. */
/** `split` has the header's own buffer for headers, `splitAlways` for the start of every frame. */
export const RxDescriptorType = { legacy: 0, advanced: 1, split: 2, splitAlways: 5 } as const

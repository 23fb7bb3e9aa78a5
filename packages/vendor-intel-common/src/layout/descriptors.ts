/**
 * Descriptors of the 82576 and 82599 family, 16 bytes, four words. Bits are those inside a word (82599 datasheet 7.1.6, 7.2.3; the
 * 82576's, 7.1.5 and 7.2.2, has them in the same places).
 */

/** Word 2 (command) of a transmit descriptor. */
export const TxCommand = {
  /** DTYP of advanced context and data descriptors. */
  context: 0x200000,
  data: 0x300000,
  endOfPacket: 0x1000000,
  /** IFCS: the MAC adds the FCS. */
  insertFcs: 0x2000000,
  /** RS: DD is wanted in this descriptor. */
  reportStatus: 0x8000000,
  extended: 0x20000000,
  /** VLE: insert the VLAN tag of the context. */
  insertVlan: 0x40000000,
} as const

/** Word 3 of a transmit data descriptor. */
export const TxInfo = {
  /** DD, written by the chip. */
  done: 1,
  /** CC: the context is valid for this frame. Due whenever the chip switches frames between its pools. */
  checkContext: 0x80,
  /** TXSM in POPTS. */
  insertL4Checksum: 0x200,
  lengthShift: 14,
} as const

/** Words 0 and 2 of a context descriptor; word 0 has IPLEN in its low bits. */
export const TxContext = {
  ipLengthMax: 0x1ff,
  macLengthShift: 9,
  macLengthMax: 0x7f,
  vlanShift: 16,
  /** Word 0 without IPLEN. */
  vlanAndMacLength: 0xfffffe00,
  ipv4: 0x400,
  tcp: 0x800,
  udp: 0,
} as const

/** Word 0 of a written-back receive descriptor: packet type. */
export const RxType = { ipv4: 0x30, ipv6: 0xc0, tcp: 0x100, udp: 0x200 } as const

/** Word 2 of a written-back receive descriptor: status and errors. */
export const RxStatus = {
  done: 1,
  endOfPacket: 0x2,
  /** VP: a tag was taken out, it is in the upper half of word 3. */
  vlan: 0x8,
  /** L4CS, IPCS: the chip checked it. */
  l4Checked: 0x20,
  ipChecked: 0x40,
} as const

/** Where in word 2 a chip says that a checksum it looked at is wrong: the chips differ in it. */
export interface ChecksumErrors {
  /** TCPE, also called L4E. */
  readonly l4: number
  /** IPE. */
  readonly ip: number
}

/** Ethernet header without tag. */
export const ETHERNET_BYTES = 14

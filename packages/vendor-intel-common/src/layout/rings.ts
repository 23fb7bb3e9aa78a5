/**
 * What the guest plugin and the PF driver must agree on: the rings of the 82599 and how they lie in the plugin window. A ring is
 * nothing but its descriptors; all other state of the plugin is in its private area. Source: 82599 datasheet 7.1.6, 7.2.3.
 */

/** Version of this agreement: word `DeviceInfo.layout` of the plugin data. A plugin refuses any other. */
export const RING_LAYOUT = 1

/** Word offsets in the plugin data. */
export const DeviceInfo = {
  layout: 0,
  /** What the plugin writes to VTEITR: the least time between two interrupts. */
  throttle: 1,
  words: 2,
} as const

/** A descriptor of any kind. */
export const DESCRIPTOR_BYTES = 16
export const DESCRIPTOR_WORDS = 4

/** Bytes of the plugin's private area: all state it has beside the rings. */
export const PRIVATE_BYTES = 1024

/** Bytes of a receive buffer, as SRRCTL is programmed and the plugin asks for. */
export const RX_BUFFER_BYTES = 2048

/** Descriptors of a ring: RDLEN and TDLEN count in 128 bytes, and are valid up to 128 KiB (8.2.3.8.3, 8.2.3.9.7). */
export const RING_STEP = 8
export const RING_MIN = 32
export const RING_MAX = 8192

/** Bytes that a ring needs in the window; 0 when the chip cannot have such a ring. */
export function ringBytes(descriptors: number): number {
  const possible = descriptors >= RING_MIN && descriptors <= RING_MAX && descriptors % RING_STEP === 0
  return possible ? descriptors * DESCRIPTOR_BYTES : 0
}

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
  /** TCPE, IPE: and found it wrong. */
  l4Error: 0x40000000,
  ipError: 0x80000000,
} as const

/** Ethernet header without tag. */
export const ETHERNET_BYTES = 14

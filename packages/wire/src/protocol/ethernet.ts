import { putU16be, u16be } from './bytes.js'
import { copyMac } from './mac.js'

/** Bytes of the header: two MAC addresses and the EtherType (IEEE 802.3, 3.2). */
export const HEADER_BYTES = 14
/** Shortest frame on a wire without its FCS; shorter ones are padded (IEEE 802.3, 4.2.3.3). */
export const MIN_FRAME_BYTES = 60

/** Byte offsets in the header. */
export const Field = { destination: 0, source: 6, etherType: 12 } as const

export const EtherType = {
  ipv4: 0x0800,
  arp: 0x0806,
  /** C-tag (IEEE 802.1Q). */
  vlan: 0x8100,
  ipv6: 0x86dd,
  /** S-tag (IEEE 802.1ad). */
  serviceVlan: 0x88a8,
} as const

/** The EtherType, or the length of an IEEE 802.3 frame when below 0x600. */
export function etherType(u8: Uint8Array, at: number): number {
  return u16be(u8, at + Field.etherType)
}

export function setEtherType(u8: Uint8Array, at: number, value: number): void {
  putU16be(u8, at + Field.etherType, value)
}

/** Writes the 14 bytes of a header; the addresses are six bytes each. */
export function emit(
  u8: Uint8Array,
  at: number,
  destination: Readonly<Uint8Array>,
  source: Readonly<Uint8Array>,
  type: number,
): void {
  copyMac(destination, 0, u8, at + Field.destination)
  copyMac(source, 0, u8, at + Field.source)
  setEtherType(u8, at, type)
}

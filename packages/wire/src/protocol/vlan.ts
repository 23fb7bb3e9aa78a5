import { putU16be, u16be } from './bytes.js'
import { EtherType, Field as Ethernet } from './ethernet.js'

/** Bytes of a tag: its EtherType and the tag control information (IEEE 802.1Q, 9.3). */
export const TAG_BYTES = 4

/** VLAN id of tag control information (TCI). */
export function id(tci: number): number {
  return tci & 0xfff
}

/** Priority code point of a TCI. */
export function priority(tci: number): number {
  return (tci >>> 13) & 7
}

export function dropEligible(tci: number): boolean {
  return (tci & 0x1000) !== 0
}

export function tci(vlanId: number, priorityCode = 0, eligible = false): number {
  return (priorityCode << 13) | (eligible ? 0x1000 : 0) | (vlanId & 0xfff)
}

/** Whether an EtherType announces a tag, C or S. */
export function isTag(etherType: number): boolean {
  return etherType === EtherType.vlan || etherType === EtherType.serviceVlan
}

/** The TCI of the first tag, or -1: not tagged, or too short to hold its tag. */
export function outerTci(u8: Uint8Array, at: number, length: number): number {
  if (length < Ethernet.etherType + TAG_BYTES + 2 || !isTag(u16be(u8, at + Ethernet.etherType))) return -1
  return u16be(u8, at + Ethernet.etherType + 2)
}

/** Puts a tag before the EtherType; the frame, of at least 14 bytes, grows by `TAG_BYTES`, for which there must be room behind it. */
export function insert(
  u8: Uint8Array,
  at: number,
  length: number,
  control: number,
  etherType: number = EtherType.vlan,
): void {
  const place = at + Ethernet.etherType
  u8.copyWithin(place + TAG_BYTES, place, at + length)
  putU16be(u8, place, etherType)
  putU16be(u8, place + 2, control)
}

/** Takes the first tag out, shrinking the frame by `TAG_BYTES`, and returns its TCI; -1, and nothing moved, when there is none. */
export function strip(u8: Uint8Array, at: number, length: number): number {
  const control = outerTci(u8, at, length)
  if (control < 0) return -1
  const place = at + Ethernet.etherType
  u8.copyWithin(place, place + TAG_BYTES, at + length)
  return control
}

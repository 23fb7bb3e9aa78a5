import { ethernet, u16be, vlan } from '@npa/wire'

/**
 * Bytes of a frame once it is padded, without FCS: 60, and 64 with a tag, since a NIC that takes the tag out pads what is left to
 * 60 again. Frames are compared at this length: padding is no part of them.
 */
export function paddedLength(u8: Uint8Array, at: number, length: number): number {
  const tagged = length >= ethernet.HEADER_BYTES && vlan.isTag(u16be(u8, at + ethernet.Field.etherType))
  return Math.max(length, tagged ? ethernet.MIN_FRAME_BYTES + vlan.TAG_BYTES : ethernet.MIN_FRAME_BYTES)
}

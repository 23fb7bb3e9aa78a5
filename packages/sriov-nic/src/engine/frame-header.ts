/** Ethernet addresses as the filters compare them: bytes 0 to 3, the first lowest, as a signed word; bytes 4 and 5. */
export function addressLow(u8: Uint8Array, at: number): number {
  return u8[at] | (u8[at + 1] << 8) | (u8[at + 2] << 16) | (u8[at + 3] << 24)
}

export function addressHigh(u8: Uint8Array, at: number): number {
  return u8[at + 4] | (u8[at + 5] << 8)
}

/** The source address, bytes 0 to 3 and 4 and 5, of a frame that starts at a multiple of 4: those of a packet buffer do. */
export function sourceLow(i32: Int32Array, at: number): number {
  return (i32[(at + 4) >> 2] >>> 16) | (i32[(at + 8) >> 2] << 16)
}

export function sourceHigh(i32: Int32Array, at: number): number {
  return i32[(at + 8) >> 2] >>> 16
}

/** Whether a frame carries an IEEE 802.1Q tag in its bytes. */
export function isTagged(u8: Uint8Array, at: number, bytes: number): boolean {
  return bytes >= 18 && u8[at + 12] === 0x81 && u8[at + 13] === 0
}

/** The VLAN id in a tagged frame. */
export function vlanId(u8: Uint8Array, at: number): number {
  return ((u8[at + 14] & 0xf) << 8) | u8[at + 15]
}

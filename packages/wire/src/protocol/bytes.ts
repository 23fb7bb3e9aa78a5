/** The big-endian 16-bit word at `at`. The caller has checked the bounds. */
export function u16be(u8: Uint8Array, at: number): number {
  return (u8[at] << 8) | u8[at + 1]
}

/** The big-endian 32-bit word at `at`, as a u32. The caller has checked the bounds. */
export function u32be(u8: Uint8Array, at: number): number {
  return ((u8[at] << 24) | (u8[at + 1] << 16) | (u8[at + 2] << 8) | u8[at + 3]) >>> 0
}

/** Stores the low 16 bits of `value`, big-endian. */
export function putU16be(u8: Uint8Array, at: number, value: number): void {
  u8[at] = value >>> 8
  u8[at + 1] = value
}

/** Stores `value` modulo 2^32, big-endian. */
export function putU32be(u8: Uint8Array, at: number, value: number): void {
  u8[at] = value >>> 24
  u8[at + 1] = value >>> 16
  u8[at + 2] = value >>> 8
  u8[at + 3] = value
}

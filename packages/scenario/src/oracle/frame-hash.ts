/**
 * A 53-bit fingerprint of bytes as a double: two 32-bit multiplicative hashes over the same words. Frames that differ in one
 * bit differ in both halves.
 */
export function fingerprint(u8: Uint8Array, at: number, length: number): number {
  let a = length
  let b = ~length
  const words = at + (length & ~3)
  let i = at
  for (; i < words; i += 4) {
    const word = u8[i] | (u8[i + 1] << 8) | (u8[i + 2] << 16) | (u8[i + 3] << 24)
    a = Math.imul(a ^ word, 0x9e3779b1)
    a ^= a >>> 15
    b = Math.imul(b ^ word, 0x85ebca6b)
    b ^= b >>> 13
  }
  for (; i < at + length; i++) {
    a = Math.imul(a ^ u8[i], 0x9e3779b1) ^ (a >>> 15)
    b = Math.imul(b ^ u8[i], 0x85ebca6b) ^ (b >>> 13)
  }
  return (a >>> 0) * 0x200000 + (b >>> 11)
}

/**
 * The Internet checksum's sum of 16-bit words over arena bytes, folded to 16 bits, in the byte order of the memory (little-endian):
 * its complement can be stored as it is (RFC 1071, section 2 B). `at` is even; an odd last byte is padded with zero.
 */
export function onesSum(u8: Uint8Array, i32: Int32Array, at: number, bytes: number, initial: number): number {
  let low = initial
  let high = 0
  let from = at
  const end = at + bytes
  if ((from & 2) !== 0 && from + 1 < end) {
    low += u8[from] | (u8[from + 1] << 8)
    from += 2
  }
  if ((from & 1) === 0) {
    const lastWord = end >> 2
    for (let word = from >> 2; word < lastWord; word++) {
      const value = i32[word]
      low += value & 0xffff
      high += value >>> 16
    }
    from = Math.max(from, lastWord << 2)
  }
  for (; from + 1 < end; from += 2) low += u8[from] | (u8[from + 1] << 8)
  if (from < end) low += u8[from]
  return fold(low + high)
}

/** Adds the carries of a sum of 16-bit words back in. */
export function fold(sum: number): number {
  let folded = (sum & 0xffff) + (sum >>> 16)
  folded = (folded & 0xffff) + (folded >>> 16)
  return folded
}

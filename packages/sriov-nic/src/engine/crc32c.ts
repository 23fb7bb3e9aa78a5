/** Castagnoli's polynomial, reflected. */
const POLYNOMIAL = 0x82f63b78

const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) !== 0 ? POLYNOMIAL : 0)
  return crc
})

/** CRC32c of a range, as SCTP uses it (RFC 9260, appendix A): a u32. */
export function crc32c(u8: Uint8Array, at: number, bytes: number): number {
  let crc = -1
  for (let i = at; i < at + bytes; i++) crc = (crc >>> 8) ^ TABLE[(crc ^ u8[i]) & 0xff]
  return ~crc >>> 0
}

/** Remainders of the 256 bytes for a reflected polynomial. */
function tableOf(polynomial: number): Int32Array {
  return Int32Array.from({ length: 256 }, (_, byte) => {
    let crc = byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ ((crc & 1) !== 0 ? polynomial : 0)
    return crc
  })
}

/** That of IEEE 802.3, and Castagnoli's. */
const ETHERNET = tableOf(0xedb88320)
const CASTAGNOLI = tableOf(0x82f63b78)

/** CRC32 of a range, as Ethernet and Fibre Channel use it: a u32. */
export function crc32(u8: Uint8Array, at: number, bytes: number): number {
  return remainder(ETHERNET, u8, at, bytes)
}

/** CRC32c of a range, as SCTP uses it (RFC 9260, appendix A): a u32. */
export function crc32c(u8: Uint8Array, at: number, bytes: number): number {
  return remainder(CASTAGNOLI, u8, at, bytes)
}

function remainder(table: Int32Array, u8: Uint8Array, at: number, bytes: number): number {
  let crc = -1
  for (let i = at; i < at + bytes; i++) crc = (crc >>> 8) ^ table[(crc ^ u8[i]) & 0xff]
  return ~crc >>> 0
}

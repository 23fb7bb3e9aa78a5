/** Bytes of the file header and of a packet's header (pcap, draft-ietf-opsawg-pcap). */
const FILE_HEADER = 24
const PACKET_HEADER = 16

const MICROSECONDS = 0xa1b2c3d4
const NANOSECONDS = 0xa1b23c4d

/** Link type of Ethernet frames without FCS. */
export const LINKTYPE_ETHERNET = 1

/** A file that is no pcap file or is cut off: where reading stopped and what should have been there. */
export class PcapError extends Error {
  override readonly name = 'PcapError'
  /** Byte offset in the file. */
  readonly offset: number
  readonly expected: string

  constructor(offset: number, expected: string, found: string) {
    super(`pcap file, byte ${offset}: expected ${expected}, found ${found}`)
    this.offset = offset
    this.expected = expected
  }
}

/** The packets of a capture file as columns. */
export interface PcapPackets {
  readonly count: number
  /** Offset in the file of each packet's first byte. */
  readonly offsets: Float64Array
  /** Bytes of each packet in the file. */
  readonly lengths: Uint32Array
  /** Bytes of each packet on the wire. */
  readonly originalLengths: Uint32Array
  /** Capture time of each packet, ns since `baseSeconds`; files need not be in order of time. */
  readonly timesNs: Float64Array
  /** The second, since 1970, of the first packet; 0 when there is none. */
  readonly baseSeconds: number
  readonly linkType: number
  readonly snapLength: number
}

/**
 * Reads a pcap file, of either byte order, with microseconds or nanoseconds. The packets' bytes stay in `u8`.
 * Throws a `PcapError` at the first byte that does not fit.
 */
export function readPcap(u8: Uint8Array): PcapPackets {
  if (u8.length < FILE_HEADER) throw new PcapError(0, `a file header of ${FILE_HEADER} bytes`, `${u8.length} bytes`)
  const view = new DataView(u8.buffer, u8.byteOffset, u8.byteLength)
  const magic = view.getUint32(0)
  const little = magic !== MICROSECONDS && magic !== NANOSECONDS
  const known = view.getUint32(0, little)
  if (known !== MICROSECONDS && known !== NANOSECONDS) {
    throw new PcapError(0, 'magic a1b2c3d4 or a1b23c4d', magic.toString(16).padStart(8, '0'))
  }
  const major = view.getUint16(4, little)
  if (major !== 2) throw new PcapError(4, 'major version 2', `${major}`)
  const unitsPerSecond = known === NANOSECONDS ? 1e9 : 1e6
  const count = countPackets(view, little, unitsPerSecond)
  const offsets = new Float64Array(count)
  const lengths = new Uint32Array(count)
  const originalLengths = new Uint32Array(count)
  const timesNs = new Float64Array(count)
  const baseSeconds = count === 0 ? 0 : view.getUint32(FILE_HEADER, little)
  let at = FILE_HEADER
  for (let i = 0; i < count; i++) {
    timesNs[i] =
      (view.getUint32(at, little) - baseSeconds) * 1e9 + view.getUint32(at + 4, little) * (1e9 / unitsPerSecond)
    lengths[i] = view.getUint32(at + 8, little)
    originalLengths[i] = view.getUint32(at + 12, little)
    offsets[i] = at + PACKET_HEADER
    at += PACKET_HEADER + lengths[i]
  }
  const linkType = view.getUint32(20, little) & 0xffff
  const snapLength = view.getUint32(16, little)
  return { count, offsets, lengths, originalLengths, timesNs, baseSeconds, linkType, snapLength }
}

/** Checks the whole chain of packets before anything is stored. */
function countPackets(view: DataView, little: boolean, unitsPerSecond: number): number {
  let at = FILE_HEADER
  let count = 0
  while (at < view.byteLength) {
    const rest = view.byteLength - at
    if (rest < PACKET_HEADER) throw new PcapError(at, `a packet header of ${PACKET_HEADER} bytes`, `${rest} bytes`)
    const fraction = view.getUint32(at + 4, little)
    if (fraction >= unitsPerSecond) {
      throw new PcapError(at + 4, `a fraction of a second below ${unitsPerSecond}`, `${fraction}`)
    }
    const bytes = view.getUint32(at + 8, little)
    if (bytes > rest - PACKET_HEADER) {
      throw new PcapError(at + PACKET_HEADER, `a packet of ${bytes} bytes`, `${rest - PACKET_HEADER} bytes`)
    }
    at += PACKET_HEADER + bytes
    count++
  }
  return count
}

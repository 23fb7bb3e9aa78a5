/** What an IP frame for the tests consists of. */
export interface IpFrameOptions {
  readonly to: Uint8Array
  readonly from: Uint8Array
  readonly version?: 4 | 6
  readonly protocol: 'tcp' | 'udp'
  readonly payload: number
  /** Bytes of IPv4 options, a multiple of 4. */
  readonly options?: number
  /** A tag in the bytes. */
  readonly vlan?: number
}

/** The parts of a frame built for a test. */
export interface IpFrame {
  readonly bytes: Uint8Array
  readonly ip: number
  readonly l4: number
  /** Where the L4 checksum is. */
  readonly field: number
}

/** The sum of RFC 1071 over big-endian words, one at a time: independent of the code under test. */
export function sum16(bytes: Uint8Array, from: number, to: number, start = 0): number {
  let sum = start
  for (let i = from; i < to; i += 2) {
    sum += bytes[i] * 256 + (i + 1 < to ? bytes[i + 1] : 0)
    sum = (sum % 65536) + Math.floor(sum / 65536)
  }
  return sum
}

function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8
  bytes[at + 1] = value
}

/** A TCP or UDP frame whose checksums are all zero. */
export function ipFrame(options: IpFrameOptions): IpFrame {
  const { version = 4, protocol, payload, vlan } = options
  const l2 = vlan === undefined ? 14 : 18
  const header = version === 4 ? 20 + (options.options ?? 0) : 40
  const l4Header = protocol === 'tcp' ? 20 : 8
  const l4 = l2 + header
  const bytes = new Uint8Array(l4 + l4Header + payload)
  bytes.set(options.to, 0)
  bytes.set(options.from, 6)
  if (vlan !== undefined) {
    put16(bytes, 12, 0x8100)
    put16(bytes, 14, vlan)
  }
  put16(bytes, l2 - 2, version === 4 ? 0x0800 : 0x86dd)
  const l4Bytes = l4Header + payload
  const number = protocol === 'tcp' ? 6 : 17
  if (version === 4) {
    bytes[l2] = 0x40 | (header / 4)
    put16(bytes, l2 + 2, header + l4Bytes)
    bytes[l2 + 8] = 64
    bytes[l2 + 9] = number
    bytes.set([10, 1, 2, 3, 10, 4, 5, 6], l2 + 12)
  } else {
    bytes[l2] = 0x60
    put16(bytes, l2 + 4, l4Bytes)
    bytes[l2 + 6] = number
    for (let i = 8; i < 40; i++) bytes[l2 + i] = i * 7
  }
  put16(bytes, l4, 1234)
  put16(bytes, l4 + 2, 80)
  if (protocol === 'udp') put16(bytes, l4 + 4, l4Bytes)
  else bytes[l4 + 12] = 0x50
  for (let i = l4 + l4Header; i < bytes.length; i++) bytes[i] = i * 31
  return { bytes, ip: l2, l4, field: l4 + (protocol === 'tcp' ? 16 : 6) }
}

/** The pseudo-header's sum, as software stores it in the checksum field. */
function pseudoSum(frame: IpFrame): number {
  const { bytes, ip, l4 } = frame
  const v4 = bytes[ip] >>> 4 === 4
  const addresses = sum16(bytes, ip + (v4 ? 12 : 8), ip + (v4 ? 20 : 40))
  const length = bytes.length - l4
  const sum = addresses + bytes[v4 ? ip + 9 : ip + 6] + length
  return (sum % 65536) + Math.floor(sum / 65536)
}

/** Stores the right checksums. */
export function complete(frame: IpFrame): IpFrame {
  const { bytes, ip, l4, field } = frame
  if (bytes[ip] >>> 4 === 4) {
    put16(bytes, ip + 10, 0)
    put16(bytes, ip + 10, 65535 - sum16(bytes, ip, l4))
  }
  put16(bytes, field, 0)
  put16(bytes, field, 65535 - sum16(bytes, l4, bytes.length, pseudoSum(frame)))
  return frame
}

/** Leaves the checksums to the chip: IP zero, L4 the pseudo-header's sum. */
export function offloaded(frame: IpFrame): Uint8Array {
  const bytes = frame.bytes.slice()
  if (bytes[frame.ip] >>> 4 === 4) put16(bytes, frame.ip + 10, 0)
  put16(bytes, frame.field, pseudoSum(frame))
  return bytes
}

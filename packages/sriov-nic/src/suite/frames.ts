/** The address of a pool: locally administered, the pool last. */
export function addressOf(pool: number): Uint8Array {
  return Uint8Array.of(0x02, 0, 0, 0, 1, pool)
}

/** Somebody at the far end; somebody whom nobody knows; groups. */
export const PEER: Uint8Array = Uint8Array.of(0x02, 9, 9, 9, 9, 9)
export const STRANGER: Uint8Array = Uint8Array.of(0x02, 7, 7, 7, 0x70, 7)
export const GROUP: Uint8Array = Uint8Array.of(0x01, 0, 0x5e, 1, 0x20, 3)
export const BROADCAST: Uint8Array = new Uint8Array(6).fill(0xff)

/** A frame of `bytes` bytes, of the type for experiments unless a tag takes its place. */
export function frameOf(to: Uint8Array, from: Uint8Array, bytes = 64, seed = 0): Uint8Array {
  const frame = Uint8Array.from({ length: bytes }, (_, i) => i + seed)
  frame.set(to, 0)
  frame.set(from, 6)
  frame.set([0x88, 0xb5], 12)
  return frame
}

/** The same frame with an 802.1Q tag. */
export function tagged(frame: Uint8Array, tci: number): Uint8Array {
  return Uint8Array.of(...frame.subarray(0, 12), 0x81, 0, tci >>> 8, tci & 0xff, ...frame.subarray(12))
}

/** What an IP packet is made of. */
export interface PacketOptions {
  readonly to?: Uint8Array
  readonly from?: Uint8Array
  readonly version?: 4 | 6
  readonly protocol?: 'tcp' | 'udp'
  readonly payload: number
  /** Source and destination of IPv4, and of the ports. */
  readonly addresses?: readonly number[]
  readonly ports?: readonly [number, number]
  /** Of TCP; `FLAGS` unless given. */
  readonly sequence?: number
  readonly flags?: number
}

/** A TCP or UDP packet in a frame, and where its parts are. */
export interface Packet {
  readonly bytes: Uint8Array
  readonly l3: number
  readonly l4: number
  /** Where the payload begins. */
  readonly data: number
  /** Where the L4 checksum is. */
  readonly field: number
  readonly v4: boolean
  readonly tcp: boolean
}

/** The sum of RFC 1071 over big-endian words, one at a time. */
function sum16(bytes: Uint8Array, from: number, to: number, start = 0): number {
  let sum = start
  for (let i = from; i < to; i += 2) sum += bytes[i] * 256 + (i + 1 < to ? bytes[i + 1] : 0)
  while (sum > 65535) sum = (sum % 65536) + Math.floor(sum / 65536)
  return sum
}

/** Stores 16 bits, the high ones first. */
function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8
  bytes[at + 1] = value
}

export function get16(bytes: Uint8Array, at: number): number {
  return bytes[at] * 256 + bytes[at + 1]
}

/** FIN, PSH and ACK. */
const FLAGS = 0x19

/** A packet whose checksums are right. */
export function packet(options: PacketOptions): Packet {
  const { to = PEER, from = addressOf(0), version = 4, protocol = 'tcp', payload } = options
  const [v4, tcp] = [version === 4, protocol === 'tcp']
  const l3 = 14
  const l4 = l3 + (v4 ? 20 : 40)
  const data = l4 + (tcp ? 20 : 8)
  const bytes = frameOf(to, from, data + payload)
  put16(bytes, 12, v4 ? 0x0800 : 0x86dd)
  bytes.fill(0, l3, data)
  if (v4) {
    bytes[l3] = 0x45
    put16(bytes, l3 + 2, bytes.length - l3)
    put16(bytes, l3 + 4, 0x1234)
    bytes.set([64, tcp ? 6 : 17], l3 + 8)
    bytes.set(options.addresses ?? [10, 1, 2, 3, 10, 4, 5, 6], l3 + 12)
  } else {
    bytes[l3] = 0x60
    put16(bytes, l3 + 4, bytes.length - l4)
    bytes.set([tcp ? 6 : 17, 64], l3 + 6)
    for (let i = 8; i < 40; i++) bytes[l3 + i] = i * 7
  }
  const [source, destination] = options.ports ?? [1234, 80]
  put16(bytes, l4, source)
  put16(bytes, l4 + 2, destination)
  if (tcp) {
    const { sequence = 0x12345678, flags = FLAGS } = options
    put16(bytes, l4 + 4, sequence >>> 16)
    put16(bytes, l4 + 6, sequence & 0xffff)
    put16(bytes, l4 + 12, 0x5000 | flags)
  } else put16(bytes, l4 + 4, bytes.length - l4)
  const made = { bytes, l3, l4, data, field: l4 + (tcp ? 16 : 6), v4, tcp }
  if (v4) put16(bytes, l3 + 10, 65535 - sum16(bytes, l3, l4))
  put16(bytes, made.field, 65535 - sum16(bytes, l4, bytes.length, pseudoSum(made, bytes.length - l4)))
  return made
}

/** The sum of the pseudo-header with this length; 0 is what segmentation wants. */
function pseudoSum(of: Packet, length: number): number {
  const { bytes, l3, v4, tcp } = of
  return sum16(bytes, l3 + (v4 ? 12 : 8), l3 + (v4 ? 20 : 40), length + (tcp ? 6 : 17))
}

/** The packet with its checksums left to the chip: IP zero, L4 the sum of the pseudo-header. */
export function unfinished(of: Packet, length: number = of.bytes.length - of.l4): Uint8Array {
  const bytes = of.bytes.slice()
  if (of.v4) put16(bytes, of.l3 + 10, 0)
  put16(bytes, of.field, pseudoSum(of, length))
  return bytes
}

/** Whether IPv4 header and L4 checksums are right; the frame may have padding behind the packet. */
export function sound(of: Packet, bytes: Uint8Array): boolean {
  const end = of.v4 ? of.l3 + get16(bytes, of.l3 + 2) : of.l4 + get16(bytes, of.l3 + 4)
  if (end > bytes.length) return false
  if (of.v4 && sum16(bytes, of.l3, of.l4) !== 65535) return false
  return sum16(bytes, of.l4, end, pseudoSum({ ...of, bytes }, end - of.l4)) === 65535
}

/** Where a hash table has an address: bits 47:36. */
export function hashPlace(mac: Uint8Array): { readonly word: number; readonly bit: number } {
  const hash = (mac[4] >>> 4) | (mac[5] << 4)
  return { word: hash >>> 5, bit: (1 << (hash & 31)) >>> 0 }
}

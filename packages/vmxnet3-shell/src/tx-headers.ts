import { SendFlag } from '@npa/plugin-api/guest'

const ETHERTYPE_VLAN = 0x8100
const ETHERTYPE_QINQ = 0x88a8
const ETHERTYPE_IPV4 = 0x0800
const ETHERTYPE_IPV6 = 0x86dd
const TCP = 6
const UDP = 17
const IPV4_FRAGMENT = 0x3fff

/**
 * Where the headers of a frame to send lie, as byte offsets from its first byte; 0 for a header that is not there, fragmented,
 * cut off, or (IPv6) behind extension headers. One object is reused for every frame.
 */
export class TxHeaders {
  ip = 0
  l4 = 0
  data = 0
  /** `SendFlag` bits of IP version and L4 protocol. */
  flags = 0
  /** The same for every frame of a flow in one direction. */
  hash = 0

  /** Looks at the first `length` bytes of a frame that starts at `u8[start]`. */
  parse(u8: Uint8Array, start: number, length: number): void {
    this.ip = this.l4 = this.data = this.flags = this.hash = 0
    let at = 12
    let type = length >= at + 2 ? u16(u8, start + at) : 0
    while ((type === ETHERTYPE_VLAN || type === ETHERTYPE_QINQ) && length >= at + 6) {
      at += 4
      type = u16(u8, start + at)
    }
    at += 2
    if (type === ETHERTYPE_IPV4 && length >= at + 20) this.#ipv4(u8, start, at, length)
    else if (type === ETHERTYPE_IPV6 && length >= at + 40) this.#ipv6(u8, start, at, length)
  }

  #ipv4(u8: Uint8Array, start: number, at: number, length: number): void {
    const header = (u8[start + at] & 0xf) * 4
    if (header < 20) return
    this.ip = at
    this.flags = SendFlag.ipv4
    this.hash = words(u8, start + at + 12, 8)
    if ((u16(u8, start + at + 6) & IPV4_FRAGMENT) !== 0) return
    this.#transport(u8, start, at + header, length, u8[start + at + 9])
  }

  #ipv6(u8: Uint8Array, start: number, at: number, length: number): void {
    this.ip = at
    this.flags = SendFlag.ipv6
    this.hash = words(u8, start + at + 8, 32)
    this.#transport(u8, start, at + 40, length, u8[start + at + 6])
  }

  #transport(u8: Uint8Array, start: number, at: number, length: number, protocol: number): void {
    if (protocol === UDP && length >= at + 8) {
      this.flags |= SendFlag.udp
      this.data = at + 8
    } else if (protocol === TCP && length >= at + 20) {
      this.data = at + (u8[start + at + 12] >> 4) * 4
    } else return
    this.l4 = at
    this.hash ^= words(u8, start + at, 4)
  }
}

function u16(u8: Uint8Array, at: number): number {
  return (u8[at] << 8) | u8[at + 1]
}

/** Folds 32-bit words together and spreads the result over the low bits. */
function words(u8: Uint8Array, at: number, bytes: number): number {
  let sum = 0
  for (let i = at; i < at + bytes; i += 4) sum ^= (u16(u8, i) << 16) | u16(u8, i + 2)
  sum = Math.imul(sum, 0x9e3779b1)
  return sum ^ (sum >>> 15)
}

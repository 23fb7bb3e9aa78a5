import { ethernet, ipv4, IpProtocol, pseudoIpv4, putU16be, sumBytes, tcp } from '@npa/wire'
import { MAC } from './guest.js'

export const PEER: Uint8Array = Uint8Array.of(0x02, 0, 0, 0, 0, 9)

/** A frame of `length` bytes to an address, filled with a pattern. */
export function plainFrame(length: number, seed = 1, to: ArrayLike<number> = MAC): number[] {
  const frame = Array.from({ length }, (_, i) => (i * 13 + seed) & 0xff)
  for (let i = 0; i < 6; i++) frame[i] = to[i]
  frame[12] = 0x88
  frame[13] = 0xb5
  return frame
}

/** Where a TCP frame's L4 header and checksum field stand. */
export const TCP_AT = 34
export const TCP_CSUM = 16

/** A TCP segment over IPv4 for the guest, checksums right; `partial`: only the pseudo-header's sum is in the TCP field. */
export function tcpFrame(payload: number, partial: boolean): Uint8Array {
  const u8 = new Uint8Array(TCP_AT + 20 + payload)
  ethernet.emit(u8, 0, MAC, PEER, ethernet.EtherType.ipv4)
  ipv4.emit(u8, 14, u8.length - 14, 7, 64, IpProtocol.tcp, 0x0a000001, 0x0a000002)
  for (let i = TCP_AT; i < u8.length; i++) u8[i] = i * 31
  u8[TCP_AT + tcp.Field.dataOffset] = 0x50
  const pseudo = pseudoIpv4(u8, 14, IpProtocol.tcp, u8.length - TCP_AT)
  putU16be(u8, TCP_AT + TCP_CSUM, partial ? pseudo : 0)
  if (!partial) putU16be(u8, TCP_AT + TCP_CSUM, ~sumBytes(u8, TCP_AT, u8.length - TCP_AT, pseudo))
  return u8
}

/** The frame with an 802.1Q tag in its bytes. */
export function tagged(frame: ArrayLike<number>, tci: number): number[] {
  const bytes = Array.from(frame)
  bytes.splice(12, 0, 0x81, 0x00, tci >> 8, tci & 0xff)
  return bytes
}

import { ethernet, pseudoIpv4, putU16be, sumBytes } from '@npa/wire'

/** Addresses of the checks. */
export const VF_MAC: Uint8Array = Uint8Array.of(2, 0, 0, 0, 1, 1)
export const HOST_MAC: Uint8Array = Uint8Array.of(2, 0, 0, 0, 3, 3)
export const FAR_MAC: Uint8Array = Uint8Array.of(2, 0, 0, 0, 2, 2)
export const BROADCAST: Uint8Array = new Uint8Array(6).fill(0xff)

/** A frame of no known protocol with a number in it. */
export function numbered(to: Uint8Array, from: Uint8Array, number: number, bytes = 100): Uint8Array {
  const frame = new Uint8Array(bytes)
  ethernet.emit(frame, 0, to, from, 0x88b5)
  for (let i = 16; i < bytes; i++) frame[i] = number * 7 + i * 13
  putU16be(frame, 14, number)
  return frame
}

export function numberOf(frame: Uint8Array): number {
  return frame[14] * 256 + frame[15]
}

/** A UDP datagram over IPv4, its checksum as hardware finds it (the pseudo-header's sum), right, or wrong. */
export function datagram(to: Uint8Array, from: Uint8Array, checksum: 'wanted' | 'right' | 'wrong'): Uint8Array {
  const payload = 100
  const frame = new Uint8Array(42 + payload)
  ethernet.emit(frame, 0, to, from, 0x0800)
  frame.set([0x45, 0, 0, 28 + payload, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2], 14)
  putU16be(frame, 24, ~sumBytes(frame, 14, 20, 0))
  frame.set([4, 0xd2, 0, 80, 0, 8 + payload], 34)
  for (let i = 0; i < payload; i++) frame[42 + i] = i * 31
  const pseudo = pseudoIpv4(frame, 14, 17, 8 + payload)
  if (checksum === 'wanted') putU16be(frame, 40, pseudo)
  else putU16be(frame, 40, ~sumBytes(frame, 34, 8 + payload, pseudo) ^ (checksum === 'wrong' ? 1 : 0))
  return frame
}

/** The same frame with a tag behind its addresses. */
export function tagged(frame: Uint8Array, tci: number): Uint8Array {
  return Uint8Array.of(...frame.subarray(0, 12), 0x81, 0, tci >> 8, tci & 0xff, ...frame.subarray(12))
}

import { ethernet, pseudoIpv4, putU16be, sumBytes, udp } from '@npa/wire'

/** Unicast addresses of the tests. */
export const VF_MAC: Uint8Array = Uint8Array.of(2, 0, 0, 0, 1, 1)
export const FAR_MAC: Uint8Array = Uint8Array.of(2, 0, 0, 0, 2, 2)
export const HOST_MAC: Uint8Array = Uint8Array.of(2, 0, 0, 0, 3, 3)

/** A frame of no known protocol with a number in it. */
export function numbered(to: Uint8Array, from: Uint8Array, number: number, bytes = 60): Uint8Array {
  const frame = new Uint8Array(bytes)
  ethernet.emit(frame, 0, to, from, 0x88b5)
  for (let i = 18; i < bytes; i++) frame[i] = number * 7 + i * 13
  new DataView(frame.buffer).setUint32(14, number)
  return frame
}

export function numberOf(frame: Uint8Array): number {
  return new DataView(frame.buffer, frame.byteOffset).getUint32(14)
}

/** A UDP datagram over IPv4; its checksum is left to hardware (the pseudo-header's sum) or is right. */
export function datagram(
  to: Uint8Array,
  from: Uint8Array,
  payload: number,
  checksum: 'wanted' | 'right' | 'wrong',
): Uint8Array {
  const ip = 14
  const l4 = 34
  const frame = new Uint8Array(l4 + 8 + payload)
  ethernet.emit(frame, 0, to, from, 0x0800)
  frame.set([0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2], ip)
  putU16be(frame, ip + 2, 28 + payload)
  putU16be(frame, ip + 10, ~sumBytes(frame, ip, 20, 0))
  frame.set([4, 0xd2, 0, 80], l4)
  putU16be(frame, l4 + udp.Field.length, 8 + payload)
  for (let i = 0; i < payload; i++) frame[l4 + 8 + i] = i * 31
  const pseudo = pseudoIpv4(frame, ip, 17, 8 + payload)
  if (checksum === 'wanted') putU16be(frame, l4 + 6, pseudo)
  else putU16be(frame, l4 + 6, ~sumBytes(frame, l4, 8 + payload, pseudo) ^ (checksum === 'wrong' ? 1 : 0))
  return frame
}

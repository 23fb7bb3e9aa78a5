import { putU16be, putU32be, u16be, u32be } from './bytes.js'
import { EtherType } from './ethernet.js'
import { copyMac, MAC_BYTES } from './mac.js'

/** Bytes of a packet for Ethernet and IPv4 (RFC 826). */
export const PACKET_BYTES = 28

/** Byte offsets in the packet. */
export const Field = {
  hardware: 0,
  protocol: 2,
  hardwareLength: 4,
  protocolLength: 5,
  operation: 6,
  senderMac: 8,
  senderIp: 14,
  targetMac: 18,
  targetIp: 24,
} as const

export const Operation = { request: 1, reply: 2 } as const

const HARDWARE_ETHERNET = 1

/** Whether `length` bytes at `at` hold a packet for Ethernet and IPv4. */
export function isForIpv4(u8: Uint8Array, at: number, length: number): boolean {
  return (
    length >= PACKET_BYTES &&
    u16be(u8, at + Field.hardware) === HARDWARE_ETHERNET &&
    u16be(u8, at + Field.protocol) === EtherType.ipv4 &&
    u8[at + Field.hardwareLength] === MAC_BYTES &&
    u8[at + Field.protocolLength] === 4
  )
}

export function operation(u8: Uint8Array, at: number): number {
  return u16be(u8, at + Field.operation)
}

/** The sender's IPv4 address, a u32. */
export function senderIp(u8: Uint8Array, at: number): number {
  return u32be(u8, at + Field.senderIp)
}

/** The target's IPv4 address, a u32. */
export function targetIp(u8: Uint8Array, at: number): number {
  return u32be(u8, at + Field.targetIp)
}

/** Writes the 28 bytes of a packet; IPv4 addresses are u32. */
export function emit(
  u8: Uint8Array,
  at: number,
  op: number,
  fromMac: Readonly<Uint8Array>,
  fromIp: number,
  toMac: Readonly<Uint8Array>,
  toIp: number,
): void {
  putU16be(u8, at + Field.hardware, HARDWARE_ETHERNET)
  putU16be(u8, at + Field.protocol, EtherType.ipv4)
  u8[at + Field.hardwareLength] = MAC_BYTES
  u8[at + Field.protocolLength] = 4
  putU16be(u8, at + Field.operation, op)
  copyMac(fromMac, 0, u8, at + Field.senderMac)
  putU32be(u8, at + Field.senderIp, fromIp)
  copyMac(toMac, 0, u8, at + Field.targetMac)
  putU32be(u8, at + Field.targetIp, toIp)
}

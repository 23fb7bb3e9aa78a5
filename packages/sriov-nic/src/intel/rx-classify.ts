import type { Arena } from '@npa/memory'
import { onesSum } from '../engine/ones-complement.js'
import { RxPacketType, RxStatus } from './descriptors.js'
import type { RxFrame } from './rx-host.js'

const TCP = 6
const UDP = 17
const SCTP = 132

/** Where the headers that receive-side scaling hashes were found in the frame classified last; -1 for none. */
export interface RxLayers {
  /** Arena offset of the source address, both addresses following each other. */
  addresses: number
  addressBytes: number
  /** Arena offset of the two ports. */
  ports: number
  protocol: number
}

/**
 * Finds the packet type of a frame and checks its checksums, as the receive block does for every frame: IPv4 header, TCP and UDP
 * over IPv4 or IPv6 (82599, 7.1.11). Fragments, IPv6 with extension headers and cut-off packets get no L4 result.
 */
export function classify(arena: Arena, frame: RxFrame, layers: RxLayers): void {
  const u8 = arena.u8
  const l2 = frame.tagged ? 18 : 14
  const at = frame.at + l2
  const left = frame.bytes - l2
  layers.addresses = -1
  layers.ports = -1
  frame.packetInfo = 0
  const type = left >= 2 ? (u8[at - 2] << 8) | u8[at - 1] : 0
  if (type === 0x0800 && left >= 20) ipv4(arena, frame, layers, at, left)
  else if (type === 0x86dd && left >= 40) ipv6(arena, frame, layers, at, left)
}

function ipv4(arena: Arena, frame: RxFrame, layers: RxLayers, at: number, left: number): void {
  const u8 = arena.u8
  const header = (u8[at] & 0xf) * 4
  const total = (u8[at + 2] << 8) | u8[at + 3]
  if (u8[at] >>> 4 !== 4 || header < 20 || header > left) return
  frame.packetInfo |= RxPacketType.ipv4
  frame.status |= RxStatus.ipChecked
  if (onesSum(u8, arena.i32, at, header, 0) !== 0xffff) {
    frame.status |= RxStatus.ipError
    return
  }
  layers.addresses = at + 12
  layers.addressBytes = 8
  if ((((u8[at + 6] << 8) | u8[at + 7]) & 0x3fff) !== 0 || total > left || total < header) return
  l4(arena, frame, layers, u8[at + 9], at + header, total - header)
}

function ipv6(arena: Arena, frame: RxFrame, layers: RxLayers, at: number, left: number): void {
  const u8 = arena.u8
  const payload = (u8[at + 4] << 8) | u8[at + 5]
  if (u8[at] >>> 4 !== 6) return
  frame.packetInfo |= RxPacketType.ipv6
  layers.addresses = at + 8
  layers.addressBytes = 32
  if (payload + 40 <= left) l4(arena, frame, layers, u8[at + 6], at + 40, payload)
}

function l4(arena: Arena, frame: RxFrame, layers: RxLayers, protocol: number, at: number, bytes: number): void {
  const u8 = arena.u8
  layers.protocol = protocol
  let length = bytes
  if (protocol === TCP && bytes >= 20) frame.packetInfo |= RxPacketType.tcp
  else if (protocol === UDP && bytes >= 8) {
    frame.packetInfo |= RxPacketType.udp
    length = (u8[at + 4] << 8) | u8[at + 5]
  } else {
    if (protocol === SCTP && bytes >= 12) frame.packetInfo |= RxPacketType.sctp
    return
  }
  layers.ports = at
  if (protocol === UDP) {
    if ((u8[at + 6] | u8[at + 7]) === 0 || length < 8 || length > bytes) return
    frame.status |= RxStatus.udpChecked
  }
  frame.status |= RxStatus.l4Checked
  // The pseudo-header: addresses, protocol and length, the last two in memory order.
  const start = onesSum(u8, arena.i32, layers.addresses, layers.addressBytes, (protocol << 8) + swap(length))
  if (onesSum(u8, arena.i32, at, length, start) !== 0xffff) frame.status |= RxStatus.l4Error
}

function swap(value: number): number {
  return ((value & 0xff) << 8) | (value >>> 8)
}

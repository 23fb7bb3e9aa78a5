import type { Arena } from '@npa/memory'
import { RxPacketType, RxStatus } from './descriptors.js'
import type { RxFrame } from './rx-host.js'

const TCP = 6
const UDP = 17
const SCTP = 132
/** IPv6 extension headers that are walked through (82599, 7.1.11): each says its length in units of 8 bytes beyond the first. */
const HOP_BY_HOP = 0
const ROUTING = 43
const FRAGMENT = 44
const AUTHENTICATION = 51
const DESTINATION = 60

/** Where the headers that receive-side scaling hashes were found in the frame classified last; -1 for none. */
export interface RxLayers {
  /** Arena offset of the source address, both addresses following each other. */
  addresses: number
  addressBytes: number
  /** Arena offset of the two ports. */
  ports: number
  protocol: number
  /** IPv4 identification, and the sum of the payload, of a fragment; -1 for none. */
  fragmentId: number
  fragmentSum: number
}

/**
 * Finds the packet type of a frame and where its headers end, and checks its checksums, as the receive block does for every frame:
 * IPv4 header, TCP and UDP over IPv4 or IPv6 (82599, 7.1.11). Fragments, packets with a source route still to go and cut-off packets
 * get no L4 result.
 */
export function classify(arena: Arena, frame: RxFrame, layers: RxLayers): void {
  const u8 = arena.u8
  const l2 = frame.tagged ? 18 : 14
  const at = frame.at + l2
  const left = frame.bytes - l2
  layers.addresses = -1
  layers.ports = -1
  layers.fragmentId = -1
  layers.fragmentSum = 0
  frame.packetInfo = 0
  frame.l3End = 0
  frame.l4End = 0
  const type = left >= 0 ? (u8[at - 2] << 8) | u8[at - 1] : 0
  if (type === 0x0800 && left >= 20) ipv4(arena, frame, layers, at, left)
  else if (type === 0x86dd && left >= 40) ipv6(arena, frame, layers, at, left)
}

function ipv4(arena: Arena, frame: RxFrame, layers: RxLayers, at: number, left: number): void {
  const u8 = arena.u8
  const header = (u8[at] & 0xf) * 4
  const total = (u8[at + 2] << 8) | u8[at + 3]
  if (u8[at] >>> 4 !== 4 || header < 20 || header > left) return
  frame.packetInfo |= RxPacketType.ipv4 | (header > 20 ? RxPacketType.ipv4Options : 0)
  frame.status |= RxStatus.ipChecked
  frame.l3End = at + header - frame.at
  if (arena.sum(at, header, 0) !== 0xffff) {
    frame.status |= RxStatus.ipError
    return
  }
  layers.addresses = at + 12
  layers.addressBytes = 8
  if (total > left || total < header) return
  const fragment = ((u8[at + 6] << 8) | u8[at + 7]) & 0x3fff
  if (fragment === 0) l4(arena, frame, layers, u8[at + 9], at + header, total - header)
  else {
    layers.fragmentId = (u8[at + 4] << 8) | u8[at + 5]
    layers.fragmentSum = arena.sum(at + header, total - header, 0)
    // UDPV: the first fragment, of a datagram with a checksum, from which software can go on.
    const first = (fragment & 0x1fff) === 0 && u8[at + 9] === UDP && total - header >= 8
    if (first && (u8[at + header + 6] | u8[at + header + 7]) !== 0) frame.status |= RxStatus.fragmentChecked
  }
}

function ipv6(arena: Arena, frame: RxFrame, layers: RxLayers, at: number, left: number): void {
  const u8 = arena.u8
  const payload = (u8[at + 4] << 8) | u8[at + 5]
  if (u8[at] >>> 4 !== 6) return
  frame.packetInfo |= RxPacketType.ipv6
  layers.addresses = at + 8
  layers.addressBytes = 32
  frame.l3End = at + 40 - frame.at
  if (payload + 40 > left) return
  const end = at + 40 + payload
  let next = u8[at + 6]
  let from = at + 40
  let routed = false
  while (next === HOP_BY_HOP || next === ROUTING || next === DESTINATION || next === AUTHENTICATION) {
    if (from + 8 > end) return
    const length = next === AUTHENTICATION ? (u8[from + 1] + 2) * 4 : (u8[from + 1] + 1) * 8
    if (from + length > end) return
    // The destination that the checksum is over is not the one in the header, while there is a way to go.
    if (next === ROUTING && u8[from + 3] > 0) routed = true
    frame.packetInfo |= RxPacketType.ipv6Extended
    next = u8[from]
    from += length
    frame.l3End = from - frame.at
  }
  if (next === FRAGMENT) frame.packetInfo |= RxPacketType.ipv6Extended
  else if (!routed) l4(arena, frame, layers, next, from, end - from)
}

function l4(arena: Arena, frame: RxFrame, layers: RxLayers, protocol: number, at: number, bytes: number): void {
  const u8 = arena.u8
  layers.protocol = protocol
  let length = bytes
  let header = 8
  if (protocol === TCP && bytes >= 20) {
    frame.packetInfo |= RxPacketType.tcp
    header = (u8[at + 12] >>> 4) * 4
  } else if (protocol === UDP && bytes >= 8) {
    frame.packetInfo |= RxPacketType.udp
    length = (u8[at + 4] << 8) | u8[at + 5]
  } else {
    if (protocol === SCTP && bytes >= 12) frame.packetInfo |= RxPacketType.sctp
    return
  }
  if (header >= 8 && header <= bytes) frame.l4End = at + header - frame.at
  layers.ports = at
  if (protocol === UDP) {
    if ((u8[at + 6] | u8[at + 7]) === 0 || length < 8 || length > bytes) return
    frame.status |= RxStatus.udpChecked
  }
  frame.status |= RxStatus.l4Checked
  // The pseudo-header: addresses, protocol and length, the last two in memory order.
  const start = arena.sum(layers.addresses, layers.addressBytes, (protocol << 8) + swap(length))
  if (arena.sum(at, length, start) !== 0xffff) frame.status |= RxStatus.l4Error
}

function swap(value: number): number {
  return ((value & 0xff) << 8) | (value >>> 8)
}

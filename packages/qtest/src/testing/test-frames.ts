import type { Random } from '@npa/core'
import { ethernet, IpProtocol, ipv4, ipv6, pseudoIpv4, pseudoIpv6, tcp, udp } from '@npa/wire'

const L3 = ethernet.HEADER_BYTES
/** Ethernet for local experiments (IEEE 802): no stack looks into it. */
const LOCAL_EXPERIMENT = 0x88b5

/** A frame to send, and the checksum that the device is to complete. */
export interface TestFrame {
  readonly bytes: Uint8Array
  /** -1: none. */
  readonly csumStart: number
  readonly csumOffset: number
  /** Bytes of all headers. */
  readonly headers: number
}

/** Any frame of `bytes` bytes: Ethernet only, or UDP or TCP over IPv4 or IPv6 with the pseudo-header's sum in the checksum field. */
export function anyFrame(
  random: Random,
  bytes: number,
  to: Readonly<Uint8Array>,
  from: Readonly<Uint8Array>,
): TestFrame {
  const u8 = Uint8Array.from({ length: bytes }, () => random.below(256))
  const kind = random.below(5)
  const v6 = kind >= 3
  const l4 = L3 + (v6 ? ipv6.HEADER_BYTES : ipv4.HEADER_BYTES)
  const header = kind % 2 === 0 ? tcp.HEADER_BYTES : udp.HEADER_BYTES
  if (kind === 0 || bytes < l4 + header) {
    ethernet.emit(u8, 0, to, from, LOCAL_EXPERIMENT)
    return { bytes: u8, csumStart: -1, csumOffset: 0, headers: L3 }
  }
  const protocol = kind % 2 === 0 ? IpProtocol.tcp : IpProtocol.udp
  const payload = bytes - l4
  ethernet.emit(u8, 0, to, from, v6 ? ethernet.EtherType.ipv6 : ethernet.EtherType.ipv4)
  if (v6) ipv6.emit(u8, L3, payload, protocol, 64, u8.slice(-16), u8.slice(-17, -1))
  else ipv4.emit(u8, L3, bytes - L3, random.below(65536), 64, protocol, random.u32(), random.u32())
  if (protocol === IpProtocol.tcp) tcp.emit(u8, l4, 1000, 2000, random.u32(), random.u32(), header, 0x18, 500)
  else udp.emit(u8, l4, 1000, 2000, payload)
  const csumOffset = protocol === IpProtocol.tcp ? tcp.Field.checksum : udp.Field.checksum
  const pseudo = v6 ? pseudoIpv6(u8, L3, protocol, payload) : pseudoIpv4(u8, L3, protocol, payload)
  u8.set([pseudo >> 8, pseudo & 0xff], l4 + csumOffset)
  return { bytes: u8, csumStart: l4, csumOffset, headers: l4 + header }
}

/** The frame as it must stand on the wire: checksum completed, tag (-1: none) inserted. */
export function onTheWire({ bytes, csumStart, csumOffset }: TestFrame, vlan: number): Uint8Array {
  const u8 = bytes.slice()
  if (csumStart >= 0) {
    const sum = checksum(u8, csumStart, csumOffset)
    u8.set([sum >> 8, sum & 0xff], csumStart + csumOffset)
  }
  return vlan < 0 ? u8 : Uint8Array.of(...u8.subarray(0, 12), 0x81, 0x00, vlan >> 8, vlan & 0xff, ...u8.subarray(12))
}

/** RFC 1071 by the letter, from the headers up, without any help of the code under test. */
function checksum(u8: Uint8Array, l4: number, field: number): number {
  const v6 = u8[L3] >> 4 === 6
  const protocol = v6 ? u8[L3 + 6] : u8[L3 + 9]
  const addresses = v6 ? u8.subarray(L3 + 8, L3 + 40) : u8.subarray(L3 + 12, L3 + 20)
  const segment = u8.slice(l4)
  segment.fill(0, field, field + 2)
  const summed = [...addresses, 0, protocol, segment.length >> 8, segment.length & 0xff, ...segment, 0]
  let sum = 0
  for (let i = 0; i + 1 < summed.length; i += 2) sum += summed[i] * 256 + summed[i + 1]
  while (sum > 0xffff) sum = (sum % 65536) + Math.floor(sum / 65536)
  return sum === 0xffff ? 0xffff : 0xffff - sum
}

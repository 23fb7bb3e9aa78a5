import { finishCsum, IpProtocol, ipv4, pseudoIpv4, sumBytes, udp } from '@npa/wire'
import { GUEST_MAC } from '../devices/device.js'
import { NETWORK } from '../peer/peer.js'

const PAYLOAD = 300
const IP = 14
const UDP = IP + ipv4.HEADER_BYTES
/** The discard port, where nobody listens. */
const DISCARD = 9

/** A datagram to the guest with right checksums. */
export function udpFrame(): Buffer {
  const length = udp.HEADER_BYTES + PAYLOAD
  const frame = Buffer.alloc(UDP + length, 0x5a)
  frame.set(Buffer.from(`${GUEST_MAC.replaceAll(':', '')}0200000000020800`, 'hex'))
  const header = [0x45, 0, 0, 0, 0, 0, 0, 0, 64, IpProtocol.udp, 0, 0]
  frame.set([...header, ...NETWORK.peer.split('.').map(Number), ...NETWORK.guest.split('.').map(Number)], IP)
  frame.writeUInt16BE(ipv4.HEADER_BYTES + length, IP + 2)
  frame.writeUInt16BE(sumBytes(frame, IP, ipv4.HEADER_BYTES, 0) ^ 0xffff, IP + 10)
  udp.emit(frame, UDP, DISCARD, DISCARD, length)
  udp.setChecksum(frame, UDP, pseudoIpv4(frame, IP, IpProtocol.udp, length))
  finishCsum(frame, 0, frame.length, UDP, udp.Field.checksum)
  return frame
}

import { Csum } from '@npa/core'
import { RxComp } from '@npa/vmxnet3-spec'
import { FrameFlag, IpProtocol, Layer, ethernet, verifyIpv4Header } from '@npa/wire'

/** `checksumBits` when nothing is known of the checksums. */
export const NOT_CALCULATED = -1

/**
 * Word 3 of a receive completion as far as checksums go, from what the frame's flags say, or `NOT_CALCULATED`; the frame's layers are
 * parsed. A frame whose checksum the device has completed itself (`completed`) is good, its IPv4 header looked at; of one that
 * hardware found bad, the header is looked at to tell which of the two it was. Drivers take "good" only with `tcp` or `udp` set, so
 * both are told with it.
 */
export function checksumBits(
  u8: Uint8Array,
  at: number,
  layers: Int32Array,
  flags: number,
  completed: boolean,
): number {
  const good = (flags & FrameFlag.csumGood) !== 0
  const bad = (flags & FrameFlag.csumBad) !== 0
  if (!good && !bad && !completed) return NOT_CALCULATED
  const type = layers[Layer.etherType]
  const protocol = layers[Layer.protocol]
  let bits: number
  if (type === ethernet.EtherType.ipv4) {
    const header = good && !bad ? Csum.good : verifyIpv4Header(u8, at, layers)
    bits = RxComp.v4 | (header === Csum.good ? RxComp.ipc : 0)
  } else if (type === ethernet.EtherType.ipv6) bits = RxComp.v6
  else return NOT_CALCULATED
  if (layers[Layer.fragment] !== 0) return bits | RxComp.frg
  const l4 = protocol === IpProtocol.tcp ? RxComp.tcp : protocol === IpProtocol.udp ? RxComp.udp : 0
  if (l4 === 0) return bits
  return bits | l4 | (bad ? 0 : RxComp.tuc)
}

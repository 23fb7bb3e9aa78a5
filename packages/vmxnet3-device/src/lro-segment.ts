import { Csum } from '@npa/core'
import {
  ethernet,
  Frame,
  FrameFlag,
  IpProtocol,
  ipv4,
  ipv6,
  Layer,
  tcp,
  u32be,
  verifyIpv4Header,
  verifyL4,
} from '@npa/wire'

/** Bytes of a header with the timestamps option, and the option's first word as all stacks write it (RFC 7323, appendix A). */
const TIMESTAMPS_HEADER = tcp.HEADER_BYTES + 12
const TIMESTAMPS = 0x0101080a

/**
 * Whether a frame, whose layers are parsed, may become part of a longer one: TCP with payload and nothing but ACK and perhaps PSH set, no
 * options but timestamps, no IP options or fragments, all checksums right. The rules are those of the kernel's generic receive offload.
 */
export function isMergeable(u8: Uint8Array, words: Int32Array, record: number, layers: Int32Array): boolean {
  const l4 = layers[Layer.l4]
  const header = layers[Layer.l4Header]
  if (l4 < 0 || layers[Layer.protocol] !== IpProtocol.tcp || layers[Layer.fragment] !== 0) return false
  const v4 = layers[Layer.etherType] === ethernet.EtherType.ipv4
  if (layers[Layer.l3Header] !== (v4 ? ipv4.HEADER_BYTES : ipv6.HEADER_BYTES)) return false
  if (layers[Layer.end] === l4 + header) return false
  const segment = words[record + Frame.address] + l4
  if ((tcp.flags(u8, segment) & ~tcp.Flag.psh) !== tcp.Flag.ack) return false
  const plain = header === tcp.HEADER_BYTES
  const stamped = header === TIMESTAMPS_HEADER && u32be(u8, segment + tcp.HEADER_BYTES) === TIMESTAMPS
  return (plain || stamped) && checksumsGood(u8, words, record, layers)
}

/** Good by what came with the frame, or by looking. One that is yet to be completed is good when it is this segment's. */
function checksumsGood(u8: Uint8Array, words: Int32Array, record: number, layers: Int32Array): boolean {
  const flags = words[record + Frame.flags]
  if ((flags & FrameFlag.csumBad) !== 0) return false
  const wanted = (flags & FrameFlag.csumWanted) !== 0
  if (!wanted && (flags & FrameFlag.csumGood) !== 0) return true
  const at = words[record + Frame.address]
  if (verifyIpv4Header(u8, at, layers) === Csum.bad) return false
  if (!wanted) return verifyL4(u8, at, layers) === Csum.good
  return words[record + Frame.csumStart] === layers[Layer.l4] && words[record + Frame.csumOffset] === tcp.Field.checksum
}

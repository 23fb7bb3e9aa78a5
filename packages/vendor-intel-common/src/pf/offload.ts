import { ethernet, u16be, vlan } from '@npa/wire'
import { ETHERNET_BYTES, TxCommand, TxContext } from '../layout/index.js'

const TCP_CHECKSUM = 16
const UDP_CHECKSUM = 6

/** The two words of a context descriptor that differ from frame to frame. */
export interface Context {
  word0: number
  word2: number
}

/** The context of a frame that wants no checksum: the switch reads MACLEN and VLAN of every frame. */
export function plainContext(context: Context, tag: number): void {
  context.word0 = (tag << TxContext.vlanShift) | (ETHERNET_BYTES << TxContext.macLengthShift)
  context.word2 = TxCommand.context | TxCommand.extended
}

/**
 * Describes to the chip where a frame's L4 checksum starts; false when the chip cannot: it knows TCP and UDP behind IPv4 and IPv6
 * with headers of up to 511 bytes.
 */
export function checksumContext(
  context: Context,
  u8: Uint8Array,
  at: number,
  csumStart: number,
  csumOffset: number,
  tag: number,
): boolean {
  const outer = ethernet.etherType(u8, at)
  const tagged = outer === ethernet.EtherType.vlan
  const macLength = tagged ? ETHERNET_BYTES + vlan.TAG_BYTES : ETHERNET_BYTES
  const type = u16be(u8, at + macLength - 2)
  const ipLength = csumStart - macLength
  const v4 = type === ethernet.EtherType.ipv4
  if (!v4 && type !== ethernet.EtherType.ipv6) return false
  if (csumOffset !== TCP_CHECKSUM && csumOffset !== UDP_CHECKSUM) return false
  if (ipLength < 20 || ipLength > TxContext.ipLengthMax) return false
  context.word0 = (tag << TxContext.vlanShift) | (macLength << TxContext.macLengthShift) | ipLength
  context.word2 =
    TxCommand.context |
    TxCommand.extended |
    (csumOffset === TCP_CHECKSUM ? TxContext.tcp : TxContext.udp) |
    (v4 ? TxContext.ipv4 : 0)
  return true
}

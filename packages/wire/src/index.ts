export { Frame, FRAME_WORDS, frameBatch, FrameFlag } from './frame-batch.js'
export type { FrameBatch } from './frame-batch.js'
export type { Port } from './port.js'

export { putU16be, putU32be, u16be, u32be } from './protocol/bytes.js'
export {
  BROADCAST,
  copyMac,
  formatMac,
  isBroadcast,
  isMulticast,
  MAC_BYTES,
  macEqual,
  parseMac,
} from './protocol/mac.js'
export * as ethernet from './protocol/ethernet.js'
export * as vlan from './protocol/vlan.js'
export * as arp from './protocol/arp.js'
export { IpProtocol } from './protocol/ip-protocol.js'
export * as ipv4 from './protocol/ipv4.js'
export * as ipv6 from './protocol/ipv6.js'
export * as icmp from './protocol/icmp.js'
export * as icmpv6 from './protocol/icmpv6.js'
export * as tcp from './protocol/tcp.js'
export * as tcpOptions from './protocol/tcp-options.js'
export * as udp from './protocol/udp.js'
export { finishCsum, fold, pseudoIpv4, pseudoIpv6, sumBytes, sumGood } from './protocol/checksum.js'
export { Layer, LAYER_WORDS, parseLayers } from './protocol/layers.js'
export { addressSegment, segmentFlags } from './protocol/segment.js'
export type { SegmentHeaders } from './protocol/segment.js'
export { RSS_KEY_BYTES, Toeplitz } from './protocol/toeplitz.js'
export { verifyFrame, verifyIpv4Header, verifyL4 } from './protocol/verify.js'

export { LINKTYPE_ETHERNET, PcapError, readPcap } from './capture/pcap.js'
export type { PcapPackets } from './capture/pcap.js'
export { Direction, PcapngWriter } from './capture/pcapng.js'

export { FrameStream, framed, MAX_STREAM_FRAME } from './stream/frame-stream.js'

export { insert, join } from './ports/two-port.js'
export type { TwoPort } from './ports/two-port.js'
export { Link } from './ports/link.js'
export { WIRE_OVERHEAD_BYTES } from './ports/link-lane.js'
export type { LinkOptions } from './ports/link-lane.js'
export { MAX_WIRE_FRAME } from './ports/frame-store.js'
export { CapturePort } from './ports/capture-port.js'
export type { CaptureSink } from './ports/capture-port.js'
export { MeterPort } from './ports/meter-port.js'
export { FaultPort } from './ports/fault-port.js'
export type { FaultOptions, Faults } from './ports/fault-port.js'

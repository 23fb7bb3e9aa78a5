import { tcp, tcpOptions } from '@npa/wire'

/** A received segment, parsed; one record is reused for all. Sequence numbers are int32. */
export interface Segment {
  source: number
  sourcePort: number
  destinationPort: number
  seq: number
  ack: number
  flags: number
  /** Before scaling. */
  window: number
  /** Payload. */
  at: number
  length: number
  /** MSS and window scale options, -1 where missing; of segments with SYN only. */
  readonly options: Int32Array
}

export function segment(): Segment {
  return {
    source: 0,
    sourcePort: 0,
    destinationPort: 0,
    seq: 0,
    ack: 0,
    flags: 0,
    window: 0,
    at: 0,
    length: 0,
    options: new Int32Array(tcpOptions.OPTION_WORDS).fill(-1),
  }
}

/** Reads `length` bytes at `at` into `s`; false when they are no segment. A malformed option ends the options (RFC 9293, 3.1). */
export function parseSegment(s: Segment, u8: Uint8Array, at: number, length: number, source: number): boolean {
  if (length < tcp.HEADER_BYTES) return false
  const header = tcp.headerBytes(u8, at)
  if (header < tcp.HEADER_BYTES || header > length) return false
  s.source = source
  s.sourcePort = tcp.sourcePort(u8, at)
  s.destinationPort = tcp.destinationPort(u8, at)
  s.seq = tcp.sequence(u8, at) | 0
  s.ack = tcp.acknowledgment(u8, at) | 0
  s.flags = tcp.flags(u8, at)
  s.window = tcp.window(u8, at)
  s.at = at + header
  s.length = length - header
  if ((s.flags & tcp.Flag.syn) !== 0) tcpOptions.parse(u8, at, header, s.options)
  return true
}

/** Sequence numbers that a segment takes: payload, SYN and FIN. */
export function sequenceLength(s: Segment): number {
  return s.length + ((s.flags & tcp.Flag.syn) !== 0 ? 1 : 0) + ((s.flags & tcp.Flag.fin) !== 0 ? 1 : 0)
}

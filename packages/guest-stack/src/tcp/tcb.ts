/** RFC 9293, 3.3.2; LISTEN is no state of a connection here. */
export type TcpState =
  | 'SYN-SENT'
  | 'SYN-RECEIVED'
  | 'ESTABLISHED'
  | 'FIN-WAIT-1'
  | 'FIN-WAIT-2'
  | 'CLOSE-WAIT'
  | 'CLOSING'
  | 'LAST-ACK'
  | 'TIME-WAIT'
  | 'CLOSED'

/**
 * The transmission control block, plain data. Sequence numbers are int32: equality is that of numbers, order the sign of
 * `(a - b) | 0` (RFC 9293, 3.4). Times are ns.
 */
export interface Tcb {
  state: TcpState
  /** Opened by us (active) and not accepted by a listener. */
  readonly active: boolean
  readonly localPort: number
  readonly remoteIp: number
  readonly remotePort: number

  readonly iss: number
  /** Oldest unacknowledged, next to send, one behind the greatest ever sent, one behind the last byte the program wrote. */
  sndUna: number
  sndNxt: number
  sndMax: number
  sndEnd: number
  /** The program has closed: a FIN follows at `sndEnd`. */
  finQueued: boolean
  /** The peer's window, the number of the segment that told it, and the greatest it ever was. */
  sndWnd: number
  sndWl1: number
  sndWndMax: number
  /** The peer's window scale option, -1 without; the shift of its window and of ours, 0 unless both sides agreed (RFC 7323). */
  peerScale: number
  sndScale: number
  rcvScale: number
  /** Greatest payload that we send. */
  mss: number

  irs: number
  rcvNxt: number
  /** Right edge of the window that the peer knows. */
  rcvAdv: number
  /** Next byte that the program reads. */
  rcvRead: number
  /** A FIN at `finSeq` was seen; it was received, all before it too. */
  finSeen: boolean
  finSeq: number
  finReceived: boolean
  /** Greatest payload that the peer has sent: its segment size. */
  rcvMss: number
  /** `rcvNxt` as last acknowledged. */
  lastAck: number

  /** An ACK, a SYN, or the first unacknowledged segment again, is to be sent as soon as possible. */
  ackNow: boolean
  synNow: boolean
  rexmitNow: boolean
  /** The program found the send buffer full. */
  wantWritable: boolean

  /** Congestion control (RFC 5681, RFC 6582). */
  cwnd: number
  ssthresh: number
  /** Bytes acknowledged since `cwnd` last grew, in congestion avoidance. */
  cwndCredit: number
  dupAcks: number
  recovering: boolean
  /** `sndMax` when loss was last found; partial acknowledgments seen since. */
  recover: number
  partialAcks: number
  lastSendNs: number

  /** Round trip (RFC 6298): the segment being timed ends at `rttSeq`; it was sent at `rttStartNs`, -1: none is timed. */
  rttSeq: number
  rttStartNs: number
  /** Smoothed, -1 before the first measurement. */
  srttNs: number
  rttvarNs: number
  rtoNs: number
  /** Doublings of the timeout, and retransmissions or window probes without an answer. */
  backoff: number
  retries: number
  /** Probes of the window since it closed. */
  probes: number
  /** When the last acknowledgment of an unacceptable segment was sent. */
  challengeNs: number
}

/** What a connection has counted. */
export interface TcpStatistics {
  segmentsSent: number
  dataSegmentsSent: number
  bytesSent: number
  segmentsReceived: number
  dataSegmentsReceived: number
  /** In order, as given to the program. */
  bytesReceived: number
  bytesAcked: number
  retransmissions: number
  timeouts: number
  fastRetransmits: number
  duplicateAcks: number
  outOfOrder: number
  windowProbes: number
  reassemblyDropped: number
}

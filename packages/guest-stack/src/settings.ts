/** Address resolution; times in ns. */
export interface ArpSettings {
  /** Most neighbours that are remembered; the oldest goes first. */
  readonly capacity: number
  /** Requests before a neighbour counts as unreachable, and the time between them. */
  readonly tries: number
  readonly retryNs: number
  /** How long an answer is believed before it is confirmed. */
  readonly lifetimeNs: number
}

/** TCP; sizes in bytes, times in ns. */
export interface TcpSettings {
  /** Bytes that a connection holds until they are acknowledged. */
  readonly sendBuffer: number
  /** The receive window. The window scale option is always offered, as 0 up to 64 KiB. */
  readonly receiveBuffer: number
  /** Longest that an acknowledgment waits for company (RFC 9293, 3.8.6.3: below 500 ms); 0 acknowledges every segment at once. */
  readonly delayedAckNs: number
  /** Initial, least and greatest retransmission timeout (RFC 6298, 2). */
  readonly initialRtoNs: number
  readonly minRtoNs: number
  readonly maxRtoNs: number
  /** Segments of the initial congestion window (RFC 6928). */
  readonly initialWindow: number
  /** Retransmissions of a SYN, and of anything else, before the connection is given up. */
  readonly synRetries: number
  readonly retries: number
  /** Twice the maximum segment lifetime (RFC 9293, 3.4.2). */
  readonly timeWaitNs: number
  /** Ranges of out-of-order data that a connection remembers. */
  readonly reassemblyRanges: number
  /** Connections, those in TIME-WAIT included. */
  readonly connections: number
  /** Initial sequence number of every connection; -1 draws one. For tests. */
  readonly initialSequence: number
}

export const defaultArp: ArpSettings = { capacity: 256, tries: 3, retryNs: 1e9, lifetimeNs: 1200e9 }

export const defaultTcp: TcpSettings = {
  sendBuffer: 262144,
  receiveBuffer: 65536,
  delayedAckNs: 40e6,
  initialRtoNs: 1e9,
  minRtoNs: 1e9,
  maxRtoNs: 60e9,
  initialWindow: 10,
  synRetries: 6,
  retries: 15,
  timeWaitNs: 60e9,
  reassemblyRanges: 64,
  connections: 1024,
  initialSequence: -1,
}

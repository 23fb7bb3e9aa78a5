import { tcp, tcpOptions } from '@npa/wire'
import { processAck } from './ack.js'
import type { TcpConnection } from './connection.js'
import { established } from './input.js'
import type { Segment } from './segment.js'

/** What a peer without an MSS option takes (RFC 9293, 3.7.1), and the least that we believe in. */
const DEFAULT_MSS = 536
const LEAST_MSS = 48

/** A segment arrives in SYN-SENT (RFC 9293, 3.10.7.3). True when it is to be answered by a RST. */
export function segmentArrivesInSynSent(c: TcpConnection, s: Segment): boolean {
  const t = c.tcb
  const { syn, rst, ack } = tcp.Flag
  const acks = (s.flags & ack) !== 0
  if (acks && (((s.ack - t.iss) | 0) <= 0 || ((s.ack - t.sndMax) | 0) > 0)) return true
  if ((s.flags & rst) !== 0) {
    if (acks) c.finish('refused')
    return false
  }
  if ((s.flags & syn) === 0) return false
  adoptSyn(c, s)
  if (acks) {
    established(c)
    processAck(c, s)
    t.ackNow = true
  } else {
    // Both opened at once (RFC 9293, figure 7).
    t.state = 'SYN-RECEIVED'
    t.synNow = true
  }
  return false
}

/** Takes the peer's first number and options into the block. Data that comes with a SYN is left to be sent again. */
export function adoptSyn(c: TcpConnection, s: Segment): void {
  const t = c.tcb
  const told = (t.rcvAdv - t.rcvNxt) | 0
  t.irs = s.seq
  t.rcvNxt = (s.seq + 1) | 0
  t.rcvRead = t.rcvNxt
  t.lastAck = t.rcvNxt
  t.rcvAdv = (t.rcvNxt + told) | 0
  const mss = s.options[tcpOptions.Option.mss]
  t.mss = Math.min(mss < 0 ? DEFAULT_MSS : Math.max(mss, LEAST_MSS), c.context.mss)
  t.peerScale = s.options[tcpOptions.Option.windowScale]
  if (t.peerScale >= 0) {
    t.sndScale = t.peerScale
    t.rcvScale = c.ownScale
  }
  t.sndWnd = s.window
  t.sndWndMax = s.window
  t.sndWl1 = s.seq
}

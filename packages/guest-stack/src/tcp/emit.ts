import { IpProtocol, tcp, tcpOptions } from '@npa/wire'
import type { TcpConnection } from './connection.js'
import { timeout } from './rto.js'

const SYN_OPTIONS_MSS = 4
const SYN_OPTIONS_SCALE = 4
const MAX_WINDOW = 0xffff

/** SYN or SYN,ACK: starts the retransmission timer, and the clock of the first round trip. */
export function sendSyn(c: TcpConnection): void {
  const t = c.tcb
  const { syn, ack } = tcp.Flag
  if (!emitSegment(c, t.iss, 0, t.state === 'SYN-SENT' ? syn : syn | ack)) return
  t.synNow = false
  const now = c.context.clock.nowNs()
  t.lastSendNs = now
  if (t.sndMax === t.iss) {
    t.sndNxt = (t.iss + 1) | 0
    t.sndMax = t.sndNxt
    t.rttSeq = t.sndMax
    t.rttStartNs = now
  } else t.rttStartNs = -1
  c.retransmission.start(timeout(t, c.context.settings))
}

/** A bare acknowledgment. In front of a closed window it carries the number that the peer expects, else the greatest sent. */
export function sendAck(c: TcpConnection): void {
  emitSegment(c, c.persist.set ? c.tcb.sndNxt : c.tcb.sndMax, 0, tcp.Flag.ack)
}

/** Tells the peer that the connection is gone; when there is no room to, it hears so when it sends next. */
export function sendReset(c: TcpConnection): void {
  if (!emitSegment(c, c.tcb.sndMax, 0, tcp.Flag.rst | tcp.Flag.ack)) c.context.count('dropped.resetNotSent')
}

/** Builds a segment and hands it down, with `length` bytes of the send buffer from `seq`; false when there is no room. */
export function emitSegment(c: TcpConnection, seq: number, length: number, flags: number): boolean {
  const t = c.tcb
  const { context } = c
  const isSyn = (flags & tcp.Flag.syn) !== 0
  // RFC 7323, 2.2: offered in every SYN, answered only to an offer.
  const scale = isSyn && (t.state === 'SYN-SENT' || t.peerScale >= 0)
  const header = tcp.HEADER_BYTES + (isSyn ? SYN_OPTIONS_MSS : 0) + (scale ? SYN_OPTIONS_SCALE : 0)
  const at = context.ip.begin(c, t.remoteIp, IpProtocol.tcp, header, length)
  if (at < 0) return false
  const { u8 } = context.transmit
  const acks = (flags & tcp.Flag.ack) !== 0
  const window = advertise(c, isSyn ? 0 : t.rcvScale)
  tcp.emit(u8, at, t.localPort, t.remotePort, seq, acks ? t.rcvNxt : 0, header, flags, window)
  if (isSyn) {
    const next = tcpOptions.emitMss(u8, at + tcp.HEADER_BYTES, context.mss)
    if (scale) tcpOptions.emitWindowScale(u8, next, c.ownScale)
  }
  if (length > 0) c.sendRing.emit(context.transmit, seq, length)
  context.ip.finish(IpProtocol.tcp, header + length, tcp.Field.checksum)
  c.statistics.segmentsSent++
  if (acks) {
    t.ackNow = false
    t.lastAck = t.rcvNxt
    c.delayedAck.clear()
  }
  return true
}

/**
 * The window to tell, in units of 2^`scale` bytes: its right edge moves only when it moves far enough (RFC 9293, 3.8.6.2.2),
 * and never back.
 */
function advertise(c: TcpConnection, scale: number): number {
  const t = c.tcb
  const wanted = (t.rcvRead + c.receiveLimit) | 0
  const gain = (wanted - t.rcvAdv) | 0
  const edge = 2 * gain >= c.receiveLimit || gain >= c.context.mss ? wanted : t.rcvAdv
  const units = ((edge - t.rcvNxt) | 0) + (1 << scale) - 1
  const window = Math.min(Math.max(units >> scale, 0), MAX_WINDOW)
  const told = (t.rcvNxt + (window << scale)) | 0
  if (((told - t.rcvAdv) | 0) > 0) t.rcvAdv = told
  return window
}

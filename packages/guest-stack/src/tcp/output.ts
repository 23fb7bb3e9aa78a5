import { tcp } from '@npa/wire'
import { congestionWindow, restartIfIdle } from './congestion.js'
import type { TcpConnection } from './connection.js'
import { timeout } from './rto.js'
import { emitSegment, sendAck, sendSyn } from './emit.js'

/**
 * Sends what a connection may send now: SYN, a retransmission, new data and FIN, or a bare ACK. Whatever cannot be sent for want
 * of room below stays marked in the block, and the connection is resumed when there is room.
 */
export function output(c: TcpConnection): void {
  const t = c.tcb
  if (t.state === 'CLOSED') return
  if (t.state === 'SYN-SENT' || t.state === 'SYN-RECEIVED') {
    if (t.synNow) sendSyn(c)
    else if (t.ackNow) sendAck(c)
    return
  }
  if (t.rexmitNow && !retransmitFirst(c)) return
  if (t.sndNxt !== t.sndEnd || t.finQueued) {
    restartIfIdle(t, c.context.clock.nowNs(), c.context.settings.initialWindow)
    if (!sendNew(c)) return
  }
  if (t.ackNow || windowUpdateDue(c)) sendAck(c)
}

/** The first unacknowledged segment once more, whatever the windows say of new data. */
function retransmitFirst(c: TcpConnection): boolean {
  const t = c.tcb
  const length = Math.min((t.sndEnd - t.sndUna) | 0, t.mss)
  const fin = t.finQueued && ((t.sndMax - t.sndEnd) | 0) === 1 && ((t.sndUna + length) | 0) === t.sndEnd
  if (length > 0 || fin) {
    if (!sendData(c, t.sndUna, length, fin)) return false
  }
  t.rexmitNow = false
  return true
}

/** Everything from `sndNxt` that both windows let pass; false when the layers below had no room. */
function sendNew(c: TcpConnection): boolean {
  const t = c.tcb
  for (;;) {
    // After the FIN, which takes one number, this is -1.
    const unsent = (t.sndEnd - t.sndNxt) | 0
    const finDue = t.finQueued && unsent >= 0
    if (unsent <= 0 && !finDue) return true
    const usable = (t.sndUna + Math.min(t.sndWnd, congestionWindow(t)) - t.sndNxt) | 0
    const length = Math.max(Math.min(unsent, t.mss, usable), 0)
    const fin = finDue && length === unsent && usable > length
    if (!worthSending(c, length, unsent, fin)) {
      if (t.sndNxt === t.sndUna && !c.persist.set) {
        c.retransmission.clear()
        c.persist.start(timeout(t, c.context.settings))
      }
      return true
    }
    if (!sendData(c, t.sndNxt, length, fin)) return false
    t.sndNxt = (t.sndNxt + length + (fin ? 1 : 0)) | 0
    c.overrideSws = false
    c.persist.clear()
    t.probes = 0
    if (!c.retransmission.set) c.retransmission.start(timeout(t, c.context.settings))
  }
}

/** The sender's side of silly window avoidance (RFC 9293, 3.8.6.2.1; Nagle's algorithm is off). What is sent again is not judged. */
function worthSending(c: TcpConnection, length: number, unsent: number, fin: boolean): boolean {
  const t = c.tcb
  if (length === 0) return fin
  if (((t.sndNxt - t.sndMax) | 0) < 0) return true
  return length === t.mss || length === unsent || 2 * length >= t.sndWndMax || c.overrideSws
}

/** One byte, or the FIN, beyond a closed window (RFC 9293, 3.8.6.1). `sndNxt` stays: the peer may well refuse it. */
export function sendProbe(c: TcpConnection): void {
  const t = c.tcb
  const length = Math.min((t.sndEnd - t.sndUna) | 0, 1)
  if (!sendData(c, t.sndUna, length, length === 0)) return
  c.statistics.windowProbes++
}

/** A segment with data, FIN or both, and what follows from having sent it. */
function sendData(c: TcpConnection, seq: number, length: number, fin: boolean): boolean {
  const t = c.tcb
  const last = ((seq + length) | 0) === t.sndEnd
  const { ack, psh, fin: finFlag } = tcp.Flag
  const flags = ack | (last && length > 0 ? psh : 0) | (fin ? finFlag : 0)
  if (!emitSegment(c, seq, length, flags)) return false
  const end = (seq + length + (fin ? 1 : 0)) | 0
  const now = c.context.clock.nowNs()
  if (((seq - t.sndMax) | 0) < 0) {
    c.statistics.retransmissions++
    c.context.count('retransmissions')
    // Karn's algorithm (RFC 6298, 3): a segment that was sent twice says nothing about the round trip.
    t.rttStartNs = -1
  } else if (t.rttStartNs < 0) {
    t.rttSeq = end
    t.rttStartNs = now
  }
  if (((end - t.sndMax) | 0) > 0) t.sndMax = end
  t.lastSendNs = now
  c.statistics.dataSegmentsSent++
  c.statistics.bytesSent += length
  return true
}

/** Whether the program has read so much that the peer is to hear of it without being asked. */
function windowUpdateDue(c: TcpConnection): boolean {
  const t = c.tcb
  if (t.finReceived) return false
  const gain = (t.rcvRead + c.receiveLimit - t.rcvAdv) | 0
  return gain >= 2 * c.context.mss || 2 * gain >= c.receiveLimit
}

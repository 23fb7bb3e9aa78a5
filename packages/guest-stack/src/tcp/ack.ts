import { tcp } from '@npa/wire'
import { challenge } from './challenge.js'
import { duplicateAck, initialWindow, newAck } from './congestion.js'
import { Event } from './connection.js'
import type { TcpConnection } from './connection.js'
import { measured, timeout } from './rto.js'
import type { Segment } from './segment.js'

/** RFC 6298, 5.7. */
const RTO_AFTER_LOST_SYN_NS = 3e9

/** The ACK field of an acceptable segment (RFC 9293, 3.10.7.4, fifth step); false when nothing else of it counts. */
export function processAck(c: TcpConnection, s: Segment): boolean {
  const t = c.tcb
  if (((s.ack - t.sndMax) | 0) > 0) {
    c.context.count('dropped.unsentAcknowledged')
    challenge(c, s)
    return false
  }
  const acked = (s.ack - t.sndUna) | 0
  if (acked > 0) acknowledged(c, s.ack)
  else if (acked === 0 && isDuplicate(c, s)) {
    c.statistics.duplicateAcks++
    if (duplicateAck(t)) {
      c.statistics.fastRetransmits++
      c.context.count('fastRetransmits')
      t.rexmitNow = true
      c.retransmission.start(timeout(t, c.context.settings))
    }
  }
  if (acked >= 0) updateWindow(c, s)
  return true
}

/** RFC 5681, 2: something is outstanding, and the segment says nothing else. */
function isDuplicate(c: TcpConnection, s: Segment): boolean {
  const t = c.tcb
  const { fin } = tcp.Flag
  return t.sndNxt !== t.sndUna && s.length === 0 && (s.flags & fin) === 0 && s.window << t.sndScale === t.sndWnd
}

function updateWindow(c: TcpConnection, s: Segment): void {
  const t = c.tcb
  t.retries = 0
  // Of two segments with the same number the later one acknowledges no less: older ones do not get here.
  if (((s.seq - t.sndWl1) | 0) < 0) return
  // RFC 7323, 2.2: the window of a SYN is never scaled.
  t.sndWnd = s.window << ((s.flags & tcp.Flag.syn) === 0 ? t.sndScale : 0)
  if (t.sndWnd > t.sndWndMax) t.sndWndMax = t.sndWnd
  t.sndWl1 = s.seq
}

function acknowledged(c: TcpConnection, ack: number): void {
  const t = c.tcb
  const { settings, clock } = c.context
  const opening = t.cwnd === 0
  const bytes = Math.min((ack - t.sndUna) | 0, (t.sndEnd - t.sndUna) | 0) - (opening ? 1 : 0)
  if (t.rttStartNs >= 0 && ((ack - t.rttSeq) | 0) >= 0) {
    measured(t, clock.nowNs() - t.rttStartNs, settings)
    t.rttStartNs = -1
  }
  if (opening) {
    initialWindow(t, settings.initialWindow, t.retries > 0)
    if (t.retries > 0) t.rtoNs = Math.max(t.rtoNs, RTO_AFTER_LOST_SYN_NS)
    t.backoff = 0
  } else t.rexmitNow = newAck(t, ack)
  t.sndUna = ack
  if (((t.sndNxt - ack) | 0) < 0) t.sndNxt = ack
  c.statistics.bytesAcked += bytes
  if (t.sndNxt === ack) c.retransmission.clear()
  else if (!t.recovering || t.partialAcks <= 1) c.retransmission.start(timeout(t, settings))
  if (bytes > 0) tellProgram(c)
  if (t.finQueued && ((ack - t.sndEnd) | 0) === 1) finAcknowledged(c)
}

function tellProgram(c: TcpConnection): void {
  const t = c.tcb
  if (t.wantWritable && 2 * c.unacknowledged <= c.context.settings.sendBuffer) {
    t.wantWritable = false
    c.events |= Event.writable
  }
  if (c.unacknowledged === 0) c.events |= Event.acked
}

function finAcknowledged(c: TcpConnection): void {
  const t = c.tcb
  if (t.state === 'FIN-WAIT-1') t.state = 'FIN-WAIT-2'
  else if (t.state === 'CLOSING') c.enterTimeWait()
  else if (t.state === 'LAST-ACK') c.finish('closed')
}

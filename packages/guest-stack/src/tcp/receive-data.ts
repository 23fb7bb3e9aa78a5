import { tcp } from '@npa/wire'
import type { Words } from '../bytes.js'
import { Event } from './connection.js'
import type { TcpConnection } from './connection.js'
import { addRange, takeRanges } from './reassembly.js'
import type { Segment } from './segment.js'

/** Payload and FIN of an acceptable segment (RFC 9293, 3.10.7.4, seventh and eighth step). */
export function receiveData(c: TcpConnection, bytes: Words, s: Segment): void {
  const t = c.tcb
  if (t.state === 'CLOSED') return
  if (t.finReceived) {
    // Nothing is new behind a FIN; a FIN again wants its ACK.
    t.ackNow = true
    return
  }
  if (s.length > 0) c.statistics.dataSegmentsReceived++
  if (s.length > t.rcvMss) t.rcvMss = Math.min(s.length, c.context.mss)
  const end = (s.seq + s.length) | 0
  const from = ((s.seq - t.rcvNxt) | 0) < 0 ? t.rcvNxt : s.seq
  const to = ((end - t.rcvAdv) | 0) > 0 ? t.rcvAdv : end
  if ((s.flags & tcp.Flag.fin) !== 0 && ((end - t.rcvAdv) | 0) < 0) {
    t.finSeen = true
    t.finSeq = end
  }
  const length = (to - from) | 0
  if (length > 0) store(c, bytes, s.at + ((from - s.seq) | 0), from, length)
  if (t.finSeen && t.rcvNxt === t.finSeq) finArrives(c)
  acknowledge(c)
}

function store(c: TcpConnection, bytes: Words, at: number, from: number, length: number): void {
  const t = c.tcb
  const end = (from + length) | 0
  if (from === t.rcvNxt) {
    const filled = c.ranges.count > 0
    c.receiveRing.store(from, bytes, at, length)
    t.rcvNxt = filled ? takeRanges(c.ranges, end) : end
    c.statistics.bytesReceived += (t.rcvNxt - from) | 0
    c.events |= Event.readable
    // RFC 5681, 4.2: at once when a hole is filled.
    if (filled) t.ackNow = true
    return
  }
  c.statistics.outOfOrder++
  t.ackNow = true
  if (addRange(c.ranges, from, end)) c.receiveRing.store(from, bytes, at, length)
  else {
    c.statistics.reassemblyDropped++
    c.context.count('dropped.reassembly')
  }
}

/** RFC 9293, 3.8.6.3: for every second full-sized segment at once, else after a while. */
function acknowledge(c: TcpConnection): void {
  const t = c.tcb
  const pending = (t.rcvNxt - t.lastAck) | 0
  const { delayedAckNs } = c.context.settings
  if (delayedAckNs === 0 || pending >= 2 * t.rcvMss) t.ackNow = true
  else if (pending > 0 && !c.delayedAck.set) c.delayedAck.start(delayedAckNs)
}

function finArrives(c: TcpConnection): void {
  const t = c.tcb
  t.finReceived = true
  t.rcvNxt = (t.rcvNxt + 1) | 0
  t.ackNow = true
  c.events |= Event.readable
  if (t.state === 'ESTABLISHED') t.state = 'CLOSE-WAIT'
  else if (t.state === 'FIN-WAIT-1') t.state = 'CLOSING'
  else if (t.state === 'FIN-WAIT-2') c.enterTimeWait()
}

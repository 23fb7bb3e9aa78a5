import { tcp } from '@npa/wire'
import type { Words } from '../bytes.js'
import { processAck } from './ack.js'
import { challenge } from './challenge.js'
import { Event } from './connection.js'
import type { TcpConnection } from './connection.js'
import { receiveData } from './receive-data.js'
import type { Segment } from './segment.js'
import { sequenceLength } from './segment.js'

/** A segment arrives for a connection that is not in SYN-SENT (RFC 9293, 3.10.7.4). True when it is to be answered by a RST. */
export function segmentArrives(c: TcpConnection, bytes: Words, s: Segment): boolean {
  const t = c.tcb
  const { syn, rst, ack } = tcp.Flag
  c.statistics.segmentsReceived++
  if (t.state === 'SYN-RECEIVED' && (s.flags & (syn | rst)) === syn && s.seq === t.irs) {
    // The peer's SYN again, or in a simultaneous open its SYN,ACK: the SYN is known.
    if ((s.flags & ack) === 0) {
      t.synNow = true
      return false
    }
    s.flags &= ~syn
    s.seq = (s.seq + 1) | 0
  }
  if (!acceptable(c, s)) {
    if ((s.flags & rst) === 0) challenge(c, s)
    // RFC 9293, 3.10.7.4: in front of a closed window, valid ACKs are taken all the same.
    const windowProbe = t.rcvAdv === t.rcvNxt && s.seq === t.rcvNxt && (s.flags & (rst | syn)) === 0
    if (!windowProbe) return false
  }
  if ((s.flags & rst) !== 0) {
    resetArrives(c, s)
    return false
  }
  if ((s.flags & syn) !== 0) {
    // RFC 5961, 4.
    challenge(c, s)
    return false
  }
  if ((s.flags & ack) === 0) return false
  if (t.state === 'SYN-RECEIVED') {
    if (((s.ack - t.sndUna) | 0) <= 0 || ((s.ack - t.sndMax) | 0) > 0) return true
    established(c)
  }
  if (!processAck(c, s)) return false
  if (s.length > 0 || (s.flags & tcp.Flag.fin) !== 0) receiveData(c, bytes, s)
  return false
}

/** The test of RFC 9293, 3.10.7.4, first step, against the window that the peer knows. */
function acceptable(c: TcpConnection, s: Segment): boolean {
  const t = c.tcb
  const window = (t.rcvAdv - t.rcvNxt) | 0
  const first = (s.seq - t.rcvNxt) | 0
  const length = sequenceLength(s)
  if (length === 0) return window === 0 ? first === 0 : first >= 0 && first < window
  if (window === 0) return false
  const last = (first + length - 1) | 0
  return (first >= 0 && first < window) || (last >= 0 && last < window)
}

/** RFC 9293, 3.10.7.4, second step, with RFC 5961, 3: only the exact next number resets. */
function resetArrives(c: TcpConnection, s: Segment): void {
  const t = c.tcb
  if (s.seq !== t.rcvNxt) {
    challenge(c, s)
    return
  }
  if (t.state === 'SYN-RECEIVED' && !t.active) {
    // Back to LISTEN: the program never heard of this connection.
    c.remove()
    return
  }
  if (t.state === 'TIME-WAIT') c.remove()
  else c.finish(t.state === 'SYN-RECEIVED' ? 'refused' : 'reset')
}

/** The peer has acknowledged our SYN. */
export function established(c: TcpConnection): void {
  const t = c.tcb
  t.state = t.finQueued ? 'FIN-WAIT-1' : 'ESTABLISHED'
  c.events |= Event.connected
}

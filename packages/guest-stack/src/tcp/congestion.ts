import type { Tcb } from './tcb.js'

/** Keeps the window's arithmetic in exact integers; no link needs more. */
const MAX_CWND = 2 ** 30

/** RFC 6928, 2: ten segments; RFC 5681, 3.1: one when the SYN was lost. */
export function initialWindow(t: Tcb, segments: number, synLost: boolean): void {
  t.cwnd = synLost ? t.mss : Math.min(segments * t.mss, Math.max(2 * t.mss, segments * 1460))
}

/** RFC 5681, 4.1: after a pause longer than the timeout, the window starts anew. */
export function restartIfIdle(t: Tcb, nowNs: number, segments: number): void {
  if (t.sndMax !== t.sndUna || nowNs - t.lastSendNs <= t.rtoNs) return
  const { cwnd } = t
  initialWindow(t, segments, false)
  t.cwnd = Math.min(t.cwnd, cwnd)
}

/** Bytes that may be in flight: with the first two duplicate ACKs one more new segment each (RFC 3042). */
export function congestionWindow(t: Tcb): number {
  const resending = t.sndNxt !== t.sndMax
  return t.recovering || resending ? t.cwnd : t.cwnd + Math.min(t.dupAcks, 2) * t.mss
}

/** RFC 5681, equation 4. */
function halve(t: Tcb): void {
  t.ssthresh = Math.max(Math.floor(((t.sndMax - t.sndUna) | 0) / 2), 2 * t.mss)
}

/**
 * The retransmission timer fired (RFC 5681, 3.1; RFC 6582, 3.2 step 4). What is in flight counts up to the greatest number sent,
 * so that a second timeout leaves ssthresh as it is.
 */
export function timedOut(t: Tcb): void {
  halve(t)
  t.cwnd = t.mss
  t.cwndCredit = 0
  t.recover = t.sndMax
  t.recovering = false
  t.dupAcks = 0
}

/** A duplicate ACK came; true when the first unacknowledged segment is to be sent again (RFC 5681, 3.2; RFC 6582, 3.2 step 2). */
export function duplicateAck(t: Tcb): boolean {
  t.dupAcks++
  if (t.recovering) {
    t.cwnd = Math.min(t.cwnd + t.mss, MAX_CWND)
    return false
  }
  if (t.dupAcks !== 3 || ((t.sndUna - t.recover) | 0) <= 0) return false
  halve(t)
  t.recover = t.sndMax
  t.recovering = true
  t.partialAcks = 0
  t.cwnd = t.ssthresh + 3 * t.mss
  return true
}

/**
 * New data was acknowledged (`sndUna` is still the old one); true when that uncovered another hole and the segment there is to
 * be sent again (RFC 6582, 3.2 step 3).
 */
export function newAck(t: Tcb, ack: number): boolean {
  const acked = (ack - t.sndUna) | 0
  t.dupAcks = 0
  if (!t.recovering) {
    grow(t, acked)
    return false
  }
  if (((ack - t.recover) | 0) >= 0) {
    t.recovering = false
    t.cwndCredit = 0
    t.cwnd = Math.min(t.ssthresh, Math.max((t.sndMax - ack) | 0, t.mss) + t.mss)
    return false
  }
  t.partialAcks++
  t.cwnd = Math.max(t.cwnd - acked + (acked >= t.mss ? t.mss : 0), t.mss)
  return true
}

/** Slow start and congestion avoidance (RFC 5681, 3.1, equations 2 and 3 with counted bytes). */
function grow(t: Tcb, acked: number): void {
  if (t.cwnd < t.ssthresh) {
    t.cwnd = Math.min(t.cwnd + Math.min(acked, t.mss), MAX_CWND)
    return
  }
  t.cwndCredit += acked
  if (t.cwndCredit < t.cwnd) return
  t.cwndCredit -= t.cwnd
  t.cwnd = Math.min(t.cwnd + t.mss, MAX_CWND)
}

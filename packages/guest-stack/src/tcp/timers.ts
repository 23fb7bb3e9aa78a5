import { timedOut } from './congestion.js'
import type { TcpConnection } from './connection.js'
import { sendProbe } from './output.js'
import { timeout } from './rto.js'

/** RFC 6298, 5.4 to 5.7. */
export function retransmissionFired(c: TcpConnection): void {
  const t = c.tcb
  const { settings, transmit } = c.context
  if (!transmit.ready) {
    // What is to be acknowledged stands in our own queue: waiting says nothing about the network.
    c.retransmission.start(timeout(t, settings))
    return
  }
  const opening = t.state === 'SYN-SENT' || t.state === 'SYN-RECEIVED'
  if (t.retries >= (opening ? settings.synRetries : settings.retries)) {
    c.finish('timeout')
    return
  }
  c.statistics.timeouts++
  c.context.count('timeouts')
  t.rttStartNs = -1
  t.backoff++
  t.retries++
  c.retransmission.start(timeout(t, settings))
  if (t.retries > 1) c.context.ip.doubt(t.remoteIp)
  if (opening) {
    t.synNow = true
    return
  }
  timedOut(t)
  t.rexmitNow = false
  t.sndNxt = t.sndUna
}

/** RFC 9293, 3.8.6.1: asks a peer whose window is closed, ever less often; as long as it answers the connection lives. */
export function persistFired(c: TcpConnection): void {
  const t = c.tcb
  const { settings, transmit } = c.context
  if (t.retries >= settings.retries) {
    c.finish('timeout')
    return
  }
  if (transmit.ready) {
    t.probes++
    t.retries++
  }
  c.persist.start(Math.min(timeout(t, settings) * 2 ** t.probes, settings.maxRtoNs))
  if (t.sndWnd > 0) c.overrideSws = true
  else sendProbe(c)
}

export function delayedAckFired(c: TcpConnection): void {
  c.tcb.ackNow = true
}

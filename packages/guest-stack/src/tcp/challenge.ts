import { tcp } from '@npa/wire'
import type { TcpConnection } from './connection.js'
import type { Segment } from './segment.js'

/** As RFC 5961, 7, asks: segments without data are told off this often at most, or two confused peers would never stop. */
const CHALLENGE_NS = 500e6

/** Answers a segment that makes no sense here with an ACK that says what would; one with data always, its sender needs the answer. */
export function challenge(c: TcpConnection, s: Segment): void {
  const t = c.tcb
  const now = c.context.clock.nowNs()
  const bare = s.length === 0 && (s.flags & tcp.Flag.fin) === 0
  if (bare && t.challengeNs >= 0 && now - t.challengeNs < CHALLENGE_NS) {
    c.context.count('dropped.unacceptable')
    return
  }
  if (bare) t.challengeNs = now
  // A peer that repeats its FIN has not heard our ACK: the quiet time starts anew.
  if (t.state === 'TIME-WAIT' && (s.flags & tcp.Flag.fin) !== 0) c.timeWait.start(c.context.settings.timeWaitNs)
  t.ackNow = true
}

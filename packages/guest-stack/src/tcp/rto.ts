import type { TcpSettings } from '../settings.js'
import type { Tcb } from './tcb.js'

/** Takes a measured round trip into the estimate (RFC 6298, 2.2 and 2.3; alpha 1/8, beta 1/4) and ends the back-off. */
export function measured(t: Tcb, roundTripNs: number, settings: TcpSettings): void {
  if (t.srttNs < 0) {
    t.srttNs = roundTripNs
    t.rttvarNs = roundTripNs / 2
  } else {
    t.rttvarNs += (Math.abs(t.srttNs - roundTripNs) - t.rttvarNs) / 4
    t.srttNs += (roundTripNs - t.srttNs) / 8
  }
  t.rtoNs = Math.min(Math.max(Math.round(t.srttNs + 4 * t.rttvarNs), settings.minRtoNs), settings.maxRtoNs)
  t.backoff = 0
}

/** The timeout with its back-off (RFC 6298, 5.5). */
export function timeout(t: Tcb, settings: TcpSettings): number {
  return Math.min(t.rtoNs * 2 ** t.backoff, settings.maxRtoNs)
}

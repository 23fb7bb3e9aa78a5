import type { StreamConnection } from '../guest/connection.js'
import { runUntil } from './phase-run.js'
import type { PhaseRun } from './phase-run.js'
import type { SwitchPlan } from './switch-plan.js'

/** What a stream achieved: payload bytes, in how much virtual time. */
export interface StreamResult {
  readonly bytes: number
  readonly ns: number
}

/** Streams both ways until enough frames were sent and the phase's switch is made, then until all is acknowledged. */
export function streamPhase(run: PhaseRun, connection: StreamConnection, plan: SwitchPlan): StreamResult {
  const { scheduler } = run.simulation
  const wanted = run.spec.stream?.frames ?? 0
  const startNs = scheduler.nowNs()
  const before = connection.received
  connection.resume()
  runUntil(run, 'the stream did not send its frames', () => plan.advance() && run.sent() >= wanted)
  const result = { bytes: connection.received - before, ns: scheduler.nowNs() - startNs }
  connection.pause()
  runUntil(run, 'the stream was not acknowledged', () => connection.quiet)
  return result
}

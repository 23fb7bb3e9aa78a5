import type { Guest } from '../guest/guest.js'
import type { Progress } from '../recording.js'
import type { PhaseSpec } from '../schema/scenario-schema.js'
import type { Simulation } from '../simulation.js'

/** Virtual time that anything may take before the run is given up. */
const PATIENCE_NS = 120e9

/** One phase while it runs: its work, what it may use, what it found. */
export interface PhaseRun {
  readonly simulation: Simulation
  readonly spec: PhaseSpec
  readonly guests: readonly Guest[]
  readonly progress: Progress
  readonly findings: string[]
  /** Frames that the guests have sent since the phase began. */
  readonly sent: () => number
}

/** Turns of the scheduler between two reports of progress. */
const PROGRESS_TURNS = 8192

/** Runs until `done`; what stays undone is a finding. Returns whether it was done. */
export function runUntil(run: PhaseRun, what: string, done: () => boolean): boolean {
  const { scheduler } = run.simulation
  const wanted = run.spec.stream?.frames ?? 0
  let turns = 0
  const limit = scheduler.nowNs() + PATIENCE_NS
  const end = scheduler.run(() => {
    if (++turns % PROGRESS_TURNS === 0) run.progress.frames(run.sent(), wanted)
    return done()
  }, limit)
  if (end === 'done') return true
  const why = end === 'idle' ? 'nothing is left to do' : `${PATIENCE_NS / 1e9} s of virtual time have passed`
  run.findings.push(`phase ${run.spec.name}: ${what}: ${why}`)
  return false
}

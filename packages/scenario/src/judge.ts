import type { PhaseFigures } from './result.js'

/** What a verdict is founded on beside the streams, the replays and the modes. */
export interface Evidence {
  readonly phases: readonly PhaseFigures[]
  /** By component and name. */
  readonly drops: Readonly<Record<string, number>>
  /** What was not given back, by name. */
  readonly leaks: Readonly<Record<string, number>>
  /** Frames that arrived and that nobody sent like this. */
  readonly foreign: number
}

/** What is wrong, one sentence each: losses that nobody counted, doubled, reordered and foreign frames, leaks. */
export function judge({ phases, drops, leaks, foreign }: Evidence): string[] {
  const findings: string[] = []
  const lost = phases.reduce((sum, phase) => sum + phase.lost, 0)
  const dropped = Object.values(drops).reduce((sum, count) => sum + count, 0)
  if (lost !== dropped) findings.push(`${lost} frames were lost, and ${dropped} drops were counted`)
  for (const { name, duplicated, reordered } of phases) {
    if (duplicated > 0) findings.push(`phase ${name}: ${duplicated} frames arrived twice`)
    if (reordered > 0) findings.push(`phase ${name}: ${reordered} frames arrived out of order`)
  }
  if (foreign > 0) findings.push(`${foreign} frames arrived that nobody sent like this`)
  for (const [what, count] of Object.entries(leaks)) findings.push(`${what}: ${count} not given back`)
  return findings
}

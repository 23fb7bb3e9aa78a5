import type { PhaseResult } from '@npa/scenario'
import { count, megabytes } from './numbers.js'
import { table } from './table.js'

const COLUMNS: readonly (readonly [head: string, cell: (phase: PhaseResult) => string])[] = [
  ['\nphase', ({ name }) => name],
  ['\nmode', ({ mode }) => mode],
  ['frames\nsent', ({ tx }) => count(tx.frames)],
  ['frames\nreceived', ({ rx }) => count(rx.frames)],
  ['MB\nsent', ({ tx }) => megabytes(tx.bytes)],
  ['MB\nreceived', ({ rx }) => megabytes(rx.bytes)],
  ['frames\nlost', ({ lost }) => count(lost)],
  ['frames\ndoubled', ({ duplicated }) => count(duplicated)],
  ['frames\nreordered', ({ reordered }) => count(reordered)],
  ['VM\nexits', ({ vmExits }) => count(vmExits)],
  ['inter-\nrupts', ({ interrupts }) => count(interrupts)],
  ['CPU\ncopies', ({ cpuCopies }) => count(cpuCopies)],
  ['DMA\nMB', ({ dmaBytes }) => megabytes(dmaBytes)],
  ['guest cyc.\nper frame', ({ guestCyclesPerFrame }) => count(guestCyclesPerFrame)],
  ['host cyc.\nper frame', ({ hostCyclesPerFrame }) => count(hostCyclesPerFrame)],
  ['payload\nMbit/s', ({ goodputMbps }) => count(goodputMbps)],
]

/** A line for each phase. */
export function phaseTable(phases: readonly PhaseResult[]): string {
  return table(
    COLUMNS.map(([head]) => head),
    phases.map((phase) => COLUMNS.map(([, cell]) => cell(phase))),
    2,
  )
}

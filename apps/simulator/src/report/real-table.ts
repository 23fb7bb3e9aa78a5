import type { RealPhaseResult, RoleFigures } from '@npa/scenario'
import { count, megabytes } from './numbers.js'
import { table } from './table.js'

type Mode = RealPhaseResult['mode']

const COLUMNS: readonly (readonly [head: string, cell: (phase: RealPhaseResult) => string])[] = [
  ['\nphase', ({ name }) => name],
  ['\nmode', ({ mode }) => mode],
  ['frames\nsent', ({ tx }) => count(tx.frames)],
  ['frames\nreceived', ({ rx }) => count(rx.frames)],
  ['MB\nreceived', ({ rx }) => megabytes(rx.bytes)],
  ['frames\nlost', ({ lost }) => count(lost)],
  ['frames\ndoubled', ({ duplicated }) => count(duplicated)],
  ['frames\nreordered', ({ reordered }) => count(reordered)],
  ['VM\nexits', ({ vmExits }) => count(vmExits)],
  ['inter-\nrupts', ({ interrupts }) => count(interrupts)],
  ['CPU\ncopies', ({ cpuCopies }) => count(cpuCopies)],
  ['DMA\nMB', ({ dmaBytes }) => megabytes(dmaBytes)],
  ['guest\nCPU ms', ({ cpuMs }) => count(cpuMs.guest)],
  ['host\nCPU ms', ({ cpuMs }) => count(cpuMs.host)],
  ['NIC\nCPU ms', ({ cpuMs }) => count(cpuMs.nic)],
  ['wall\nms', ({ wallMs }) => count(wallMs)],
  ['payload\nMbit/s', ({ goodputMbps }) => count(goodputMbps)],
]

/** A line for each phase of a run in real time. */
export function realPhaseTable(phases: readonly RealPhaseResult[]): string {
  return table(
    COLUMNS.map(([head]) => head),
    phases.map((phase) => COLUMNS.map(([, cell]) => cell(phase))),
    2,
  )
}

interface Sum {
  cpuMs: { guest: number; host: number; nic: number }
  gbit: number
}

/**
 * Processor time for a gigabit by what carried the frames, over the phases that streamed from their beginning to their end in one mode;
 * undefined when there is none.
 */
export function cpuTable(phases: readonly RealPhaseResult[]): string | undefined {
  const sums = new Map<Mode, Sum>()
  phases.forEach((phase, i) => {
    const before = i === 0 ? 'emulated' : phases[i - 1].mode
    if (phase.goodputMbps === 0 || phase.mode !== before) return
    const sum = sums.get(phase.mode) ?? { cpuMs: { guest: 0, host: 0, nic: 0 }, gbit: 0 }
    for (const role of ['guest', 'host', 'nic'] as const) sum.cpuMs[role] += phase.cpuMs[role]
    sum.gbit += (phase.rx.bytes * 8) / 1e9
    sums.set(phase.mode, sum)
  })
  if (sums.size === 0) return undefined
  const row = (name: string, { guest, host, nic }: RoleFigures): string[] => [
    `  ${name}`,
    ...[guest, host, nic, guest + host].map((ms) => ms.toFixed(1)),
  ]
  const rows = [...sums].map(([mode, { cpuMs, gbit }]) =>
    row(mode, { guest: cpuMs.guest / gbit, host: cpuMs.host / gbit, nic: cpuMs.nic / gbit }),
  )
  const heads = ['\n  frames are', 'guest ms\nper Gbit', 'host ms\nper Gbit', 'NIC ms\nper Gbit', 'guest and\nhost']
  return `${table(heads, rows, 1)}\n${NOTE}`
}

const NOTE = `  Threads of both ends, all of a role together; bits of whole frames. The NIC is a model: hardware would take none of it.
  Short streams are mostly start-up, before V8 has compiled the code: npm run bench -- path warms up first.`

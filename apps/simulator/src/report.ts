import { styleText } from 'node:util'
import type { PhaseResult, RunResult, SwitchResult } from '@npa/scenario'
import Table from 'cli-table3'

const integer = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })

/** Bytes in the largest decimal unit that leaves at least one digit before the point. */
function bytes(count: number): string {
  for (const [unit, size] of [
    ['GB', 1e9],
    ['MB', 1e6],
    ['kB', 1e3],
  ] as const) {
    if (count >= size) return `${(count / size).toFixed(1)} ${unit}`
  }
  return `${count} B`
}

const PLAIN = {
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  top: '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
}

function table(head: string[], rows: string[][]): string {
  const lines = new Table({
    head,
    chars: PLAIN,
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
    colAligns: head.map((_, i) => (i < 2 ? 'left' : 'right')),
  })
  lines.push(...rows)
  return lines.toString()
}

function phaseRow(phase: PhaseResult): string[] {
  return [
    phase.name,
    phase.mode,
    integer.format(phase.tx.frames),
    bytes(phase.tx.bytes),
    integer.format(phase.rx.frames),
    bytes(phase.rx.bytes),
    `${phase.lost}/${phase.duplicated}/${phase.reordered}`,
    integer.format(phase.vmExits),
    integer.format(phase.interrupts),
    integer.format(phase.cpuCopies),
    bytes(phase.dmaBytes),
    integer.format(phase.guestCyclesPerFrame),
    integer.format(phase.hostCyclesPerFrame),
    integer.format(phase.goodputMbps),
  ]
}

const PHASE_HEAD = [
  'phase',
  'mode',
  'sent',
  'bytes',
  'received',
  'bytes',
  'lost/dup/reord',
  'VM exits',
  'interrupts',
  'CPU copies',
  'DMA',
  'guest cyc/f',
  'host cyc/f',
  'Mb/s',
]

function switchLine(one: SwitchResult): string {
  const how = one.forced ? ', forced' : ''
  const blackout = `blackout ${(one.blackoutNs / 1000).toFixed(1)} us`
  return `  ${one.vm}: ${one.from} to ${one.to}${how}: ${blackout}, ${one.framesHeld} frames held, ${one.framesDropped} dropped`
}

function dropLines(drops: Readonly<Record<string, number>>): string[] {
  const some = Object.entries(drops).filter(([, count]) => count > 0)
  return some.length === 0 ? ['  none'] : some.map(([name, count]) => `  ${name} ${integer.format(count)}`)
}

/** The report for people. Cycles are modelled by the scenario's cost profile, times are virtual. */
export function formatReport(result: RunResult): string {
  const good = result.verdict === 'pass'
  const verdict = styleText(good ? 'green' : 'red', good ? 'PASS' : 'FAIL', { validateStream: true })
  return [
    table(PHASE_HEAD, result.phases.map(phaseRow)),
    '',
    'switches (virtual time)',
    ...(result.switches.length === 0 ? ['  none'] : result.switches.map(switchLine)),
    '',
    'drops, by the name that the component counts them under',
    ...dropLines(result.drops),
    '',
    ...result.findings.map((finding) => `finding: ${finding}`),
    `verdict: ${verdict} (seed ${result.seed}, leaks ${result.leaks})`,
  ].join('\n')
}

import { styleText } from 'node:util'
import type { RealResult, RunResult, Scenario, SwitchResult, VirtualResult } from '@npa/scenario'
import { costTable } from './report/cost-table.js'
import { count } from './report/numbers.js'
import { phaseTable } from './report/phase-table.js'
import { cpuTable, realPhaseTable } from './report/real-table.js'

/** The report for people, without a line break at its end; coloured when `out` is a terminal that wants it. */
export function formatReport(result: RunResult, scenario: Scenario, out: NodeJS.WritableStream): string {
  const good = result.verdict === 'pass'
  const verdict = styleText(good ? 'green' : 'red', good ? 'PASS' : 'FAIL', { stream: out })
  return [
    ...(result.clock === 'virtual' ? virtualLines(result, scenario) : realLines(result)),
    '',
    `mode switches (blackout: longest ${result.clock} time in which the VM could not send, or its frames were held)`,
    ...orNone(result.switches.map(switchLine)),
    '',
    'drops, by component and the name that its statistics have for them',
    ...orNone(dropLines(result.drops)),
    '',
    ...result.findings.map((finding) => `finding: ${finding}`),
    `verdict: ${verdict} (seed ${result.seed}, leaks ${result.leaks})`,
  ].join('\n')
}

function virtualLines({ phases }: VirtualResult, scenario: Scenario): string[] {
  return [
    phaseTable(phases),
    '',
    'All VMs together; bytes of Ethernet frames; copies by hypervisors, DMA by NICs. Time is virtual: Mbit/s is payload, both directions.',
    `Cycles are modelled: events, such as VM exits and copied bytes, times the costs of profile ${scenario.costs}.`,
    ...section('processor time of streams', costTable(phases)),
  ]
}

function realLines({ phases }: RealResult): string[] {
  return [
    realPhaseTable(phases),
    '',
    'All VMs together; bytes of Ethernet frames; copies by hypervisors, DMA by NICs. Time is real: Mbit/s is payload, both directions, on this machine now.',
    'Processor time is that of the threads of each role, from the operating system. Nothing is modelled.',
    ...section('processor time of streams', cpuTable(phases)),
  ]
}

function section(title: string, text: string | undefined): string[] {
  return text === undefined ? [] : ['', title, text]
}

function orNone(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? ['  none'] : lines
}

function switchLine(one: SwitchResult): string {
  const how = one.forced ? ', forced' : ''
  const blackout = `blackout ${(one.blackoutNs / 1000).toFixed(1)} us`
  return `  ${one.vm}: ${one.from} to ${one.to}${how}: ${blackout}, ${one.framesHeld} frames held, ${one.framesDropped} dropped`
}

function dropLines(drops: Readonly<Record<string, number>>): string[] {
  return Object.entries(drops)
    .filter(([, frames]) => frames > 0)
    .map(([name, frames]) => `  ${name} ${count(frames)}`)
}

import { join } from 'node:path'
import type { RunResult, Scenario } from '@npa/scenario'
import { interfaceNames } from './capture-files.js'
import type { OpenFile } from './capture-files.js'
import type { Console } from './console.js'
import { loadScenario } from './load-scenario.js'
import { OutputFiles } from './output-files.js'
import { ProgressLine } from './progress-line.js'
import { formatReport } from './report.js'
import type { Simulate } from './simulate.js'
import { UserError } from './user-error.js'

export interface RunOptions {
  readonly clock?: Scenario['clock']
  readonly json?: string
  readonly pcap?: string
  readonly seed?: number
  readonly trace?: string
}

/** What a command needs of the world. */
export interface Surroundings {
  readonly console: Console
  readonly simulate: Simulate
  /** Aborts when the user wants the run to end. */
  readonly signal: AbortSignal
}

/**
 * Runs a scenario, writes what was asked for, prints the report. Returns the exit code: 0 for a verdict that passes, 1 for one that
 * fails and for a fault of ours. Throws a `UserError` for input and output that is not as it must be.
 */
export async function runCommand(path: string, options: RunOptions, around: Surroundings): Promise<number> {
  const { console, simulate, signal } = around
  const loaded = loadScenario(path)
  const seed = options.seed ?? loaded.scenario.seed
  const scenario = { ...loaded.scenario, seed, clock: options.clock ?? loaded.scenario.clock }
  refuseInRealTime(scenario, options)
  const files = new OutputFiles()
  const progress = new ProgressLine(console.stderr)
  try {
    for (const file of loaded.files) files.protect(file, 'what the run reads')
    const json = options.json === undefined ? undefined : files.open('--json', options.json)
    const trace = options.trace === undefined ? undefined : files.open('--trace', options.trace)
    const pcap = options.pcap === undefined ? undefined : openCaptures(options.pcap, scenario, files)
    const result = await simulate(
      {
        scenario,
        captures: loaded.captures,
        ...(trace !== undefined && { trace: { fd: trace.fd, label: trace.label } }),
        ...(pcap !== undefined && { pcap }),
      },
      progress,
      signal,
    )
    progress.end()
    json?.write(`${JSON.stringify(result, null, 2)}\n`)
    files.commit()
    console.stdout.write(`${formatReport(result, scenario, console.stdout)}\n`)
    return exitCode(result)
  } catch (error) {
    progress.end()
    if (error instanceof UserError || signal.aborted) throw error
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
    console.stderr.write(`npa-sim: internal failure; to repeat it: npa-sim run ${path} --seed ${seed}\n${what}\n`)
    return 1
  } finally {
    files.discard()
  }
}

/** What would take time that a run in real time measures. */
function refuseInRealTime({ clock }: Scenario, options: RunOptions): void {
  for (const name of ['pcap', 'trace'] as const) {
    if (clock === 'real' && options[name] !== undefined) throw new UserError(`--${name}: only with the clock virtual`)
  }
}

function openCaptures(folder: string, scenario: Scenario, files: OutputFiles): ReadonlyMap<string, OpenFile> {
  files.folder('--pcap', folder)
  return new Map(
    interfaceNames(scenario).map((name): [string, OpenFile] => {
      const { fd, label } = files.open('--pcap', join(folder, `${name}.pcapng`))
      return [name, { fd, label }]
    }),
  )
}

function exitCode({ verdict }: RunResult): number {
  return verdict === 'pass' ? 0 : 1
}

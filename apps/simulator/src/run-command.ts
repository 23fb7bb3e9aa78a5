import { readFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { parseScenario, runScenario, ScenarioError } from '@npa/scenario'
import type { RunResult, Scenario } from '@npa/scenario'
import { PcapError, readPcap } from '@npa/wire'
import { CaptureFiles } from './capture-files.js'
import { OutputFiles } from './output-files.js'
import { ProgressLine } from './progress-line.js'
import { formatReport } from './report.js'
import { UserError } from './user-error.js'

export interface RunOptions {
  readonly json?: string
  readonly pcap?: string
  readonly seed?: number
  readonly trace?: string
}

function read(path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw new UserError(`${path}: cannot be read (${why})`)
  }
}

/** A scenario and the captures it replays, by the names it calls them. All of it is checked. */
export function loadScenario(path: string): { scenario: Scenario; captures: Map<string, Uint8Array> } {
  const captures = new Map<string, Uint8Array>()
  try {
    const scenario = parseScenario(read(path).toString('utf8'), path)
    for (const name of scenario.phases.flatMap((phase) => phase.replay ?? [])) {
      const file = resolve(dirname(path), name)
      const bytes = read(file)
      try {
        readPcap(bytes)
      } catch (error) {
        if (error instanceof PcapError) throw new UserError(`${file}: ${error.message}`)
        throw error
      }
      captures.set(name, bytes)
    }
    return { scenario, captures }
  } catch (error) {
    if (error instanceof ScenarioError) throw new UserError(error.message)
    throw error
  }
}

/** Runs a scenario, writes what was asked for, prints the report. Returns the exit code. */
export function runCommand(path: string, options: RunOptions): number {
  const { scenario, captures } = loadScenario(path)
  const seed = options.seed ?? scenario.seed
  const files = new OutputFiles()
  const progress = new ProgressLine()
  try {
    const json = options.json === undefined ? undefined : files.open(options.json)
    const trace = options.trace === undefined ? undefined : files.open(options.trace)
    const capture = options.pcap === undefined ? undefined : new CaptureFiles(options.pcap, files)
    const result: RunResult = runScenario({
      scenario: { ...scenario, seed },
      captures,
      progress,
      ...(capture !== undefined && { capture }),
      ...(trace !== undefined && {
        trace: (line: string) => {
          trace.write(`${line}\n`)
        },
      }),
    })
    progress.end()
    json?.write(`${JSON.stringify(result, null, 2)}\n`)
    capture?.close()
    files.commit()
    process.stdout.write(`${formatReport(result)}\n`)
    return result.verdict === 'pass' ? 0 : 1
  } catch (error) {
    progress.end()
    if (error instanceof UserError) throw error
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
    process.stderr.write(`npa-sim: internal failure; repeat it with: npa-sim run ${path} --seed ${seed}\n${what}\n`)
    return 1
  } finally {
    files.discard()
  }
}

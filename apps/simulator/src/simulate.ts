import { runScenario } from '@npa/scenario'
import type { Progress, RunResult, Scenario } from '@npa/scenario'
import { CaptureFiles } from './capture-files.js'
import type { OpenFile } from './capture-files.js'
import { writeAll } from './output-file.js'
import { reason, UserError } from './user-error.js'

/** A run: what it reads, and the open files that it writes while it goes on. All of it can be sent to another thread. */
export interface Job {
  readonly scenario: Scenario
  readonly captures: ReadonlyMap<string, Uint8Array>
  readonly trace?: OpenFile
  /** By the names of the interfaces. */
  readonly pcap?: ReadonlyMap<string, OpenFile>
}

/** Carries out a job. Rejects with a `UserError` when a file cannot be written any more; with anything else, it is a fault of ours. */
export type Simulate = (job: Job, progress: Progress, signal: AbortSignal) => Promise<RunResult>

/** Carries out a job in this thread, which does nothing else until it is done. */
export function simulateHere(job: Job, progress: Progress): RunResult {
  const { scenario, captures, trace, pcap } = job
  const capture = pcap === undefined ? undefined : new CaptureFiles(pcap, write)
  const result = runScenario({
    scenario,
    captures,
    progress,
    ...(capture !== undefined && { capture }),
    ...(trace !== undefined && {
      trace: (line: string) => {
        write(trace, Buffer.from(`${line}\n`))
      },
    }),
  })
  capture?.close()
  return result
}

function write({ fd, label }: OpenFile, bytes: Uint8Array): void {
  try {
    writeAll(fd, bytes)
  } catch (error) {
    throw new UserError(`${label}: cannot be written: ${reason(error, 'folder')}`)
  }
}

#!/usr/bin/env node
import { main } from './cli.js'
import { simulateInWorker } from './simulate-in-worker.js'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

const abort = new AbortController()
for (const signal of SIGNALS) {
  // npm and timeout send a signal to the whole group and to the process: the second one must not interrupt the cleaning up
  process.on(signal, () => {
    abort.abort(signal)
  })
}

// who reads a part of the output and goes, such as head, is no failure; all else that cannot be printed is
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') return
  process.stderr.write(`npa-sim: stdout: cannot be written: ${error.code ?? error.message}\n`)
  process.exitCode = 2
})
process.stderr.on('error', () => undefined)

const code = await main(process.argv.slice(2), {
  console: process,
  simulate: simulateInWorker,
  signal: abort.signal,
}).catch((error: unknown) => {
  if (!abort.signal.aborted) throw error
})
if (code === undefined) dieOf(abort.signal.reason as NodeJS.Signals)
else process.exitCode ||= code

function dieOf(signal: NodeJS.Signals): void {
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
}

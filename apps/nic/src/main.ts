#!/usr/bin/env node
import { main } from './cli.js'

const abort = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // Several may come; the first one ends the command, and the end must not be interrupted.
  process.on(signal, () => abort.abort(signal))
}

// Who reads a part of the output and goes, such as head, ends the command.
process.stdout.on('error', () => abort.abort('stdout'))
process.stderr.on('error', () => undefined)

process.exitCode = await main(process.argv.slice(2), { console: process, signal: abort.signal })

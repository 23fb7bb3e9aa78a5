#!/usr/bin/env node
import fs from 'node:fs'
import os from 'node:os'
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { measured, NoMeasurement } from './measure/case-process.js'
import type { Report, Row } from './report/row.js'
import { steadiness, table } from './report/table.js'
import { suites } from './suites.js'

interface Options {
  readonly json?: string
  readonly plot?: string
  readonly rounds: number
  readonly seconds: number
  readonly case: string
}

const EXAMPLES = `
Examples:
  npm run bench -- nic
  npm run bench -- nic --json nic.json --rounds 9
  npm run bench -- nic --case "1500 bytes" --seconds 2
  npm run bench -- path --rounds 5 --seconds 1 --json path.json
  npm run bench -- ring --json ring.json --plot ring.svg
  npm run bench -- ring --case "batch 32, 16 bytes"

Ratios compare with a C program that does the same steps, compiled here (cc, gcc or clang), in the same run, and for rings with DPDK's rte_ring
where libdpdk-dev is installed, and with ringbuf.js; beside path stands DPDK's memif. They are medians over rounds in turns: of processor time, or, between two
threads with a processor each, of the median of many slices of a fraction of a millisecond in
which neither lost it. The line under the table says how far apart the rounds were. Absolute figures hold for this machine and this hour only.
Exit codes: 0 every goal of the kind "must" was reached, 1 one was missed, 2 bad options, 3 a case could not be measured.`

const program = new Command('npa-bench')
  .description('Measures the devices and rings of this repository beside the same work in C.')
  .argument('<suite>', `what to measure: ${Object.keys(suites).join(', ')}`, suiteName)
  .option('--json <file>', 'write the rows as JSON', writable)
  .option('--plot <file>', 'draw the ratios as SVG, and write their Vega-Lite specification beside it', writable)
  .option('--rounds <count>', 'rounds that count, each contestant once in each', count, 5)
  .option('--seconds <time>', 'length of one turn; processor time, where one thread works', time, 0.5)
  .option('--case <text>', 'only cases whose title contains the text; where none does, all titles are told', '')
  .addHelpText('after', EXAMPLES)
  .exitOverride()

function suiteName(text: string): string {
  if (Object.hasOwn(suites, text)) return text
  throw new InvalidArgumentError(`There are: ${Object.keys(suites).join(', ')}.`)
}

function count(text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= 1000) return value
  throw new InvalidArgumentError('A whole number from 1 to 1000 is expected.')
}

function time(text: string): number {
  const value = Number(text)
  if (value > 0 && value <= 60) return value
  throw new InvalidArgumentError('Seconds are expected, up to 60.')
}

function machine(): string {
  const processors = os.cpus()
  return `${processors.at(0)?.model ?? 'unknown processor'}, ${processors.length} of them, ${os.type()} ${os.release()}`
}

/** Before anything is measured: it takes long. The file stays as it was. */
function writable(file: string): string {
  const there = fs.existsSync(file)
  try {
    fs.closeSync(fs.openSync(file, 'a'))
    if (!there) fs.unlinkSync(file)
  } catch (error) {
    throw new InvalidArgumentError(`It cannot be written: ${(error as NodeJS.ErrnoException).code}.`)
  }
  return file
}

function say(what: string): void {
  process.stderr.write(`${(performance.now() / 1000).toFixed(0)} s ${what}\n`)
}

/** Measures the cases one after the other; what several of them have to note is told once. */
async function rowsOf(suite: string, titles: readonly string[], { rounds, seconds }: Options): Promise<Row[]> {
  const noted = new Set<string>()
  const note = (what: string): void => {
    if (!noted.has(what)) say(what)
    noted.add(what)
  }
  const rows: Row[] = []
  for (const title of titles) {
    say(title)
    rows.push(...(await measured({ suite, title, rounds, seconds }, note)))
  }
  return rows
}

async function run(suite: string, options: Options): Promise<number> {
  const { titles } = suites[suite]
  const wanted = titles.filter((title) => title.includes(options.case))
  if (wanted.length === 0) {
    process.stderr.write(
      `npa-bench: no case has "${options.case}" in its title. There are:\n  ${titles.join('\n  ')}\n`,
    )
    return 2
  }
  const rows = await rowsOf(suite, wanted, options)
  process.stdout.write(`${table(rows, process.stdout.isTTY)}\n${steadiness(rows)}`)
  const { rounds, seconds } = options
  const report: Report = { suite, node: process.versions.node, rounds, seconds, machine: machine(), rows }
  if (options.json !== undefined) fs.writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`)
  if (options.plot !== undefined) {
    const { plot } = await import('./report/plot.js')
    await plot(report, options.plot)
  }
  return rows.some((row) => row.reached === 'no') ? 1 : 0
}

try {
  program.parse()
  process.exitCode = await run(program.processedArgs[0] as string, program.opts<Options>())
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else if (error instanceof NoMeasurement) {
    process.stderr.write(`npa-bench: ${error.message}\n`)
    process.exitCode = 3
  } else throw error
}

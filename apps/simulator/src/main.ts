#!/usr/bin/env node
import { Command, CommanderError, InvalidArgumentError } from 'commander'
import { loadScenario, runCommand } from './run-command.js'
import type { RunOptions } from './run-command.js'
import { UserError } from './user-error.js'

function seed(text: string): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value <= 0xffffffff) return value
  throw new InvalidArgumentError('expected an integer from 0 to 4294967295')
}

const RUN_EXAMPLES = `
Examples:
  npa-sim run scenarios/default.yaml
  npa-sim run scenarios/default.yaml --json out.json --pcap captures --seed 7
  npa-sim run scenarios/default.yaml --trace run.trace

Exit codes: 0 verdict pass, 1 verdict fail or internal failure, 2 bad options, scenario, capture or output.`

const program = new Command('npa-sim')
  .description("Runs scenarios of VMware's Network Plugin Architecture in virtual time, measures and judges them.")
  .exitOverride()
  .configureOutput({ writeErr: (text) => process.stderr.write(text.replace(/^error: /, 'npa-sim: ')) })
  .showHelpAfterError('(npa-sim --help says what there is)')

program
  .command('run')
  .description('run a scenario and print its report')
  .argument('<file>', 'scenario, YAML')
  .option('--json <file>', 'write the report as JSON, version 0')
  .option('--pcap <folder>', 'write a pcapng file for every interface, with comments where modes switch')
  .option('--seed <n>', "seed of the run instead of the scenario's", seed)
  .option('--trace <file>', 'write control events: virtual time, component, event')
  .addHelpText('after', RUN_EXAMPLES)
  .action((file: string, options: RunOptions) => {
    process.exitCode = runCommand(file, options)
  })

program
  .command('validate')
  .description('check a scenario and the captures that it replays, without running it')
  .argument('<file>', 'scenario, YAML')
  .addHelpText('after', '\nExample:\n  npa-sim validate scenarios/default.yaml')
  .action((file: string) => {
    const { scenario } = loadScenario(file)
    process.stdout.write(`${file}: ${scenario.hosts.length} hosts, ${scenario.phases.length} phases: valid\n`)
  })

try {
  program.parse()
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else if (error instanceof UserError) {
    process.stderr.write(`npa-sim: ${error.message}\n`)
    process.exitCode = 2
  } else throw error
}

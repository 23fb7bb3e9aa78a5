import { Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { scenarioJsonSchema } from '@npa/scenario'
import { runCommand } from './run-command.js'
import type { RunOptions, Surroundings } from './run-command.js'
import { UserError } from './user-error.js'
import { validateCommand } from './validate-command.js'

const EXAMPLES = `
Examples:
  npa-sim run scenarios/default.yaml
  npa-sim validate scenarios/default.yaml
  npa-sim run --help`

const RUN_EXAMPLES = `
Examples:
  npa-sim run scenarios/default.yaml
  npa-sim run scenarios/default.yaml --json out.json --pcap captures --seed 7
  npa-sim run scenarios/default.yaml --trace run.trace
  npa-sim run scenarios/default.yaml --clock real
  npa-sim run scenarios/default.yaml --json /dev/stdout | tail
In a clone of the repository, npm start -- --json out.json runs scenarios/default.yaml.

Files appear when the run is over, all of them or none.
Exit codes: 0 verdict pass, 1 verdict fail or internal failure, 2 bad options, scenario, capture or output.`

const VALIDATE_EXAMPLES = `
Example:
  npa-sim validate scenarios/default.yaml

Exit codes: 0 valid, 2 not: one line says where and why.`

const SCHEMA_EXAMPLES = `
Example:
  npa-sim schema > schema.json
An editor finds it by the first line of a scenario: # yaml-language-server: $schema=schema.json`

/** The whole program: arguments without program and script in, exit code out. Nothing but the output is left of it. */
export async function main(args: readonly string[], around: Surroundings): Promise<number> {
  const { stdout, stderr } = around.console
  let code = 0
  const program = new Command('npa-sim')
    .description(
      "Runs scenarios of VMware's Network Plugin Architecture in virtual or real time, measures and judges them.",
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: () => undefined,
      outputError: () => undefined,
    })
    .addHelpText('after', EXAMPLES)
  program
    .command('run')
    .description('run a scenario and print its report')
    .argument('<file>', 'scenario, YAML')
    .addOption(
      new Option(
        '--clock <clock>',
        "virtual or real time instead of the scenario's; real: a thread for each guest, host and NIC",
      ).choices(['virtual', 'real']),
    )
    .option('--json <file>', 'write the report as JSON, version 0')
    .option('--pcap <folder>', 'write a pcapng file for every interface, with comments where modes switch')
    .option('--seed <n>', "seed of the run instead of the scenario's", seed)
    .option('--trace <file>', 'write control events: virtual time in ns, component, event')
    .addHelpText('after', RUN_EXAMPLES)
    .action(async (file: string, options: RunOptions) => {
      code = await runCommand(file, options, around)
    })
  program
    .command('validate')
    .description('check a scenario and the captures that it replays, without running it')
    .argument('<file>', 'scenario, YAML')
    .addHelpText('after', VALIDATE_EXAMPLES)
    .action((file: string) => {
      validateCommand(file, around.console)
    })
  program
    .command('schema')
    .description('print the JSON Schema of scenarios, for editors')
    .addHelpText('after', SCHEMA_EXAMPLES)
    .action(() => {
      stdout.write(`${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`)
    })
  try {
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0
    if (!(error instanceof CommanderError || error instanceof UserError)) throw error
    stderr.write(`npa-sim: ${oneLine(error)}\n`)
    return 2
  }
}

function seed(text: string): number {
  const value = Number(text)
  if (/^\d+$/.test(text) && value <= 0xffffffff) return value
  throw new InvalidArgumentError('Expected an integer from 0 to 4294967295.')
}

function oneLine(error: CommanderError | UserError): string {
  if (error instanceof UserError) return error.message
  if (error.code === 'commander.help') return 'expected a command: run, validate, schema; npa-sim --help says more'
  return error.message.replace(/^error: /, '').replace(/\s+/g, ' ')
}

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { scenarioJsonSchema } from '@npa/scenario'
import { describe, expect, test } from 'vitest'
import { npaSim, QUICK, ROOT } from './testing/command.js'

describe('help', () => {
  test.each<[string, string[], string[]]>([
    [
      '--help',
      ['--help'],
      ['Usage: npa-sim', 'run [options] <file>', 'validate <file>', 'npa-sim run scenarios/default.yaml'],
    ],
    [
      'run --help',
      ['run', '--help'],
      [
        '--json <file>',
        '--pcap <folder>',
        '--seed <n>',
        '--trace <file>',
        'Examples:',
        'npm start -- --json',
        'Exit codes: 0',
      ],
    ],
    [
      'validate --help',
      ['validate', '--help'],
      ['Example:', 'npa-sim validate scenarios/default.yaml', 'Exit codes: 0'],
    ],
    ['schema --help', ['schema', '--help'], ['npa-sim schema > schema.json', 'yaml-language-server']],
    ['help run', ['help', 'run'], ['--seed <n>', 'Examples:']],
  ])('%s', async (_, args, parts) => {
    const { code, stdout, stderr } = await npaSim(args)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const part of parts) expect(stdout).toContain(part)
  })

  test('every example names a file that is there', async () => {
    const { stdout } = await npaSim(['run', '--help'])
    const examples = stdout.match(/^ {2}npa-sim run \S+/gm) ?? []
    expect(examples.length).toBeGreaterThan(1)
    for (const example of examples) {
      expect((await npaSim(['validate', join(ROOT, example.slice('  npa-sim run '.length))])).code).toBe(0)
    }
  })
})

describe('options and commands that do not exist', () => {
  test.each<[string, string[], string]>([
    ['no command', [], 'expected a command: run, validate, schema; npa-sim --help says more'],
    ['an unknown command', ['rnu', QUICK], "unknown command 'rnu' (Did you mean run?)"],
    ['no file', ['run'], "missing required argument 'file'"],
    ['two files', ['run', QUICK, QUICK], "too many arguments for 'run'. Expected 1 argument but got 2."],
    ['an unknown option', ['run', QUICK, '--jsn', 'x'], "unknown option '--jsn' (Did you mean --json?)"],
    ['an option of another command', ['validate', QUICK, '--seed', '1'], "unknown option '--seed'"],
    ['--json without a file', ['run', QUICK, '--json'], "option '--json <file>' argument missing"],
    ['--json with an empty name', ['run', QUICK, '--json', ''], '--json: expected the name of a file'],
    ['--pcap with an empty name', ['run', QUICK, '--pcap', ''], '--pcap: expected the name of a folder'],
    ...['', 'x', '1.5', '1e3', '0x10', '-1', '4294967296', ' 1'].map((seed): [string, string[], string] => [
      `--seed "${seed}"`,
      ['run', QUICK, `--seed=${seed}`],
      `option '--seed <n>' argument '${seed}' is invalid. Expected an integer from 0 to 4294967295.`,
    ]),
  ])('%s', async (_, args, message) => {
    expect(await npaSim(args)).toEqual({ code: 2, stdout: '', stderr: `npa-sim: ${message}\n` })
  })
})

test('validate says what is in a scenario', async () => {
  const { code, stdout, stderr } = await npaSim(['validate', QUICK])
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  expect(stdout).toBe(`${QUICK}: valid: 2 hosts, 2 VMs, 9 phases, 1 capture\n`)
})

test('schema prints what scenarios/schema.json has', async () => {
  const { code, stdout } = await npaSim(['schema'])
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toEqual(scenarioJsonSchema())
})

test.each(['default', 'quick'])('%s.yaml tells editors about the schema', (name) => {
  const text = readFileSync(join(ROOT, `scenarios/${name}.yaml`), 'utf8')
  expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=schema.json')
})

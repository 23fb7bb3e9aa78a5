import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runResultSchema } from '@npa/scenario'
import { describe, expect, test } from 'vitest'
import { simulateHere } from './simulate.js'
import type { Simulate } from './simulate.js'
import { bootOnly, emptyFolder, filesIn, npaSim, QUICK } from './testing/command.js'
import type { Printed } from './testing/command.js'

interface Files extends Printed {
  readonly json: string
  readonly trace: string
}

async function run(seed: number): Promise<Files> {
  const folder = emptyFolder()
  const json = join(folder, 'x.json')
  const trace = join(folder, 'x.trace')
  const printed = await npaSim(['run', QUICK, '--seed', String(seed), '--json', json, '--trace', trace])
  expect(filesIn(folder)).toEqual(['x.json', 'x.trace'])
  return { ...printed, json: readFileSync(json, 'utf8'), trace: readFileSync(trace, 'utf8') }
}

test('the same seed gives the same report, JSON and trace, byte for byte; another seed another run', async () => {
  const first = await run(7)
  expect(await run(7)).toEqual(first)
  const other = await run(8)
  expect(other.json).not.toBe(first.json)
  expect(other.code).toBe(0)
})

test('the JSON is a report, version 0, of what the scenario asks for', async () => {
  const { code, json, stderr } = await run(3)
  expect(code).toBe(0)
  const result = runResultSchema.parse(JSON.parse(json))
  expect(result).toMatchObject({ version: 0, seed: 3, clock: 'virtual', verdict: 'pass', leaks: 0 })
  expect(result.phases.map(({ name, mode }) => `${name} ${mode}`)).toEqual([
    'boot emulated',
    'stream-emulated emulated',
    'into-passthrough passthrough',
    'stream-passthrough passthrough',
    'replay passthrough',
    'out-of-passthrough emulated',
    'in-without-traffic passthrough',
    'forced-out emulated',
    'replay-emulated emulated',
  ])
  expect(result.switches.map(({ vm, to, forced }) => `${vm} ${to} ${String(forced)}`)).toEqual([
    'vm-a passthrough false',
    'vm-b passthrough false',
    'vm-a emulated false',
    'vm-b emulated false',
    'vm-a passthrough false',
    'vm-b passthrough false',
    'vm-a emulated true',
    'vm-b emulated true',
  ])
  expect(stderr.split('\n').slice(0, 2)).toEqual(['phase 1 of 9: boot', 'phase 2 of 9: stream-emulated'])
})

test('a line of the trace is virtual time, component, event; time does not go back', async () => {
  const { trace } = await run(1)
  const lines = trace.trimEnd().split('\n')
  let last = 0
  for (const line of lines) {
    const [time, component, ...event] = line.split(' ')
    expect(time).toMatch(/^\d+$/)
    expect(Number(time)).toBeGreaterThanOrEqual(last)
    last = Number(time)
    expect([component, event.join(' ')]).not.toContain('')
  }
  expect(lines.some((line) => line.includes('vm-a'))).toBe(true)
})

test("the scenario's own seed runs when none is given", async () => {
  const folder = emptyFolder()
  await npaSim(['run', QUICK, '--json', join(folder, 'x.json')])
  const given = await run(1)
  expect(readFileSync(join(folder, 'x.json'), 'utf8')).toBe(given.json)
})

describe('what goes wrong while it runs', () => {
  test('a fault of ours: exit code 1, how to repeat it, where it was; no files', async () => {
    const folder = emptyFolder()
    const outputs = ['--json', join(folder, 'x'), '--trace', join(folder, 'y'), '--pcap', join(folder, 'z')]
    const faulty: Simulate = (job, progress) => {
      simulateHere(job, progress)
      throw new RangeError('a ring of 0 descriptors')
    }
    const file = bootOnly()
    const { code, stdout, stderr } = await npaSim(['run', file, '--seed', '99', ...outputs], faulty)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(`npa-sim: internal failure; to repeat it: npa-sim run ${file} --seed 99\n`)
    expect(stderr).toMatch(/RangeError: a ring of 0 descriptors\n {4}at /)
    expect(filesIn(folder)).toEqual([])
  })

  test('the seed to repeat it is told when it came from the scenario, too', async () => {
    const { stderr } = await npaSim(['run', QUICK], () => Promise.reject(new Error('boom')))
    expect(stderr).toContain(`npa-sim run ${QUICK} --seed 1\n`)
  })

  test('a verdict that fails: exit code 1, the reasons in the report, and the JSON all the same', async () => {
    const json = join(emptyFolder(), 'x.json')
    const losing: Simulate = (job, progress) => {
      const result = simulateHere(job, progress)
      return Promise.resolve({ ...result, verdict: 'fail', findings: ['3 frames were lost'] })
    }
    const { code, stdout } = await npaSim(['run', bootOnly(), '--json', json], losing)
    expect(code).toBe(1)
    expect(stdout).toMatch(/finding: 3 frames were lost\nverdict: FAIL \(seed 1, leaks 0\)\n$/)
    expect(runResultSchema.parse(JSON.parse(readFileSync(json, 'utf8'))).verdict).toBe('fail')
  })
})

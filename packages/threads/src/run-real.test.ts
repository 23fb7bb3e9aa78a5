import { readFileSync } from 'node:fs'
import { parseScenario, runResultSchema, runScenario } from '@npa/scenario'
import type { RealResult, VirtualResult } from '@npa/scenario'
import { beforeAll, describe, expect, test } from 'vitest'
import type { StartWorker } from './crew.js'
import { runReal } from './run-real.js'
import { bundledWorker } from './testing/worker-script.js'

const folder = new URL('../../../scenarios/', import.meta.url)
const LONG = 600_000

let startWorker: StartWorker

beforeAll(async () => {
  startWorker = await bundledWorker()
})

/** The same scenario by both clocks. */
async function both(file: string): Promise<{ virtual: VirtualResult; real: RealResult }> {
  const scenario = parseScenario(readFileSync(new URL(file, folder), 'utf8'), file)
  const names = scenario.phases.flatMap(({ replay }) => replay ?? [])
  const captures = new Map(names.map((name): [string, Uint8Array] => [name, readFileSync(new URL(name, folder))]))
  const virtual = runScenario({ scenario, captures })
  return { virtual, real: await runReal({ scenario, captures, startWorker }) }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

describe('the same scenario in virtual and in real time', () => {
  test(
    'both pass: streams with the bytes of the seed, replays as in the files, every loss counted',
    async () => {
      const { virtual, real } = await both('quick.yaml')
      expect(real.findings).toEqual([])
      expect([virtual.verdict, real.verdict]).toEqual(['pass', 'pass'])
      expect([virtual.clock, real.clock]).toEqual(['virtual', 'real'])
      for (const result of [virtual, real]) {
        expect(runResultSchema.safeParse(JSON.parse(JSON.stringify(result))).error).toBeUndefined()
        expect(sum(result.phases.map(({ lost }) => lost))).toBe(sum(Object.values(result.drops)))
        for (const { rx, tx, lost } of result.phases) expect(rx.frames + lost).toBe(tx.frames)
      }
      const shape = (result: VirtualResult | RealResult): unknown => ({
        phases: result.phases.map(({ name, mode }) => [name, mode]),
        replays: result.phases.filter(({ name }) => name.startsWith('replay')).map(({ tx, rx }) => [tx, rx]),
        switches: result.switches.map(({ vm, from, to, forced }) => [vm, from, to, forced]),
        leaks: result.leaks,
      })
      expect(shape(real)).toEqual(shape(virtual))
    },
    LONG,
  )
})

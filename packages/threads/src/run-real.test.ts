import { readFileSync } from 'node:fs'
import { Lane, parseScenario, runResultSchema, runScenario } from '@npa/scenario'
import type { RealResult, VirtualResult } from '@npa/scenario'
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { StartWorker } from './crew.js'
import { runReal } from './run-real.js'
import { bundledWorker } from './testing/worker-script.js'

const folder = new URL('../../../scenarios/', import.meta.url)
const LONG = 600_000

let startWorker: StartWorker

beforeAll(async () => {
  startWorker = await bundledWorker()
})

afterEach(() => {
  vi.restoreAllMocks()
})

/** A run, and the fingerprints of the frames that arrived in its replays: of each phase, for each lane in order. */
interface Watched<Result> {
  readonly result: Result
  readonly replayed: Readonly<Record<string, readonly (readonly number[])[]>>
}

/** The same scenario by both clocks. */
async function both(file: string): Promise<{ virtual: Watched<VirtualResult>; real: Watched<RealResult> }> {
  const { phases, ...rest } = parseScenario(readFileSync(new URL(file, folder), 'utf8'), file)
  // a phase more, in which nothing happens, so that the end of the connections is in no replay
  const scenario = { ...rest, phases: [...phases, { name: 'rest', mode: phases[phases.length - 1].mode }] }
  const names = scenario.phases.flatMap(({ replay }) => replay ?? [])
  const captures = new Map(names.map((name): [string, Uint8Array] => [name, readFileSync(new URL(name, folder))]))
  const replays = scenario.phases.filter(({ replay }) => replay !== undefined).map(({ name }) => name)
  const noted = new Map<string, Map<Lane, number[]>>()
  let phase = ''
  // what judges frames is the same object by both clocks, and in this thread
  const delivered = Object.getOwnPropertyDescriptor(Lane.prototype, 'delivered')?.value as Lane['delivered']
  vi.spyOn(Lane.prototype, 'delivered').mockImplementation(function (this: Lane, print) {
    if (replays.includes(phase)) {
      const lanes = noted.get(phase) ?? new Map<Lane, number[]>()
      noted.set(phase, lanes)
      const prints = lanes.get(this) ?? []
      lanes.set(this, prints)
      prints.push(print)
    }
    delivered.call(this, print)
  })
  const progress = { phase: (name: string) => void (phase = name), frames: () => undefined }
  const watched = <Result>(result: Result): Watched<Result> => {
    const lanes = [...noted].map(([name, prints]) => [name, [...prints.values()].toSorted((a, b) => a[0] - b[0])])
    noted.clear()
    return { result, replayed: Object.fromEntries(lanes) as Watched<Result>['replayed'] }
  }
  const virtual = watched(runScenario({ scenario, captures, progress }))
  return { virtual, real: watched(await runReal({ scenario, captures, progress, startWorker })) }
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

/** What the hash of so many bytes of a stream must be: word i is w ^ (w >>> 15) with w = seed + i * 0x9e3779b1, all modulo 2^32. */
function hashOf(seed: number, bytes: number): number {
  let hash = 0
  for (let i = 0; i < bytes >> 2; i++) {
    const weyl = (Math.imul(i, 0x9e3779b1) + seed) | 0
    hash = (Math.imul(hash, 31) + (weyl ^ (weyl >>> 15))) | 0
  }
  return hash >>> 0
}

describe('the same scenario in virtual and in real time', () => {
  test.each(['quick.yaml', 'default.yaml'])(
    '%s: both pass, with the payload of the seed, the frames of the captures, and every loss counted',
    async (file) => {
      const { virtual, real } = await both(file)
      expect(real.result.findings).toEqual([])
      expect([virtual.result.verdict, real.result.verdict]).toEqual(['pass', 'pass'])
      expect([virtual.result.clock, real.result.clock]).toEqual(['virtual', 'real'])
      for (const { result } of [virtual, real]) {
        expect(runResultSchema.safeParse(JSON.parse(JSON.stringify(result))).error).toBeUndefined()
        expect(sum(result.phases.map(({ lost }) => lost))).toBe(sum(Object.values(result.drops)))
        for (const { rx, tx, lost } of result.phases) expect(rx.frames + lost).toBe(tx.frames)
        // how far a stream gets depends on time; what it brings does not
        const seeds = { 'vm-b': result.seed, 'vm-a': result.seed ^ 1 }
        expect(result.payloads.map(({ to }) => to)).toEqual(['vm-a', 'vm-b'])
        for (const { to, bytes, hash } of result.payloads) {
          expect(bytes).toBeGreaterThan(0)
          expect(hash).toBe(hashOf(seeds[to as keyof typeof seeds], bytes))
        }
      }
      const shape = ({ result, replayed }: Watched<VirtualResult | RealResult>): unknown => ({
        phases: result.phases.map(({ name, mode }) => [name, mode]),
        replays: result.phases.filter(({ name }) => name.startsWith('replay')).map(({ tx, rx }) => [tx, rx]),
        replayed,
        switches: result.switches.map(({ vm, from, to, forced }) => [vm, from, to, forced]),
        leaks: result.leaks,
      })
      expect(shape(real)).toEqual(shape(virtual))
      const frames = Object.values(real.replayed).map((lanes) => sum(lanes.map((prints) => prints.length)))
      expect(frames).toEqual(
        real.result.phases.filter(({ name }) => name.startsWith('replay')).map(({ rx }) => rx.frames),
      )
      expect(sum(frames)).toBeGreaterThan(0)
    },
    LONG,
  )
})

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { runScenario } from './run-scenario.js'
import { parseScenario } from './schema/parse-scenario.js'
import type { Scenario } from './schema/scenario-schema.js'
import type { Simulation } from './simulation.js'

const folder = new URL('../../../scenarios/', import.meta.url)

/** A scenario of the repository with the captures that it replays. */
function fileOf(name: string): { scenario: Scenario; captures: Map<string, Uint8Array> } {
  const scenario = parseScenario(readFileSync(new URL(name, folder), 'utf8'), name)
  const replayed = scenario.phases.flatMap(({ replay }) => replay ?? [])
  return { scenario, captures: new Map(replayed.map((file) => [file, readFileSync(new URL(file, folder))])) }
}

test.each([
  ['kawela.yaml', ['intel-82576-vf 1.0.0', 'intel-82576-vf 1.0.0']],
  ['mixed.yaml', ['intel-82576-vf 1.0.0', 'intel-82599-vf 1.0.0']],
])(
  '%s: into passthrough and out again under streams, replays between, nothing lost, doubled or reordered',
  (name, want) => {
    let plugins: string[] = []
    let simulation: Simulation | undefined
    const result = runScenario({
      ...fileOf(name),
      prepare: (prepared) => (simulation = prepared),
      onPhase: (phase) => {
        if (phase.name === 'replay') plugins = simulation?.guests.map(({ shell }) => shell.pluginName) ?? []
      },
    })
    expect(result.findings).toEqual([])
    expect(result.verdict).toBe('pass')
    expect(result.leaks).toBe(0)
    expect(plugins).toEqual(want)
    expect(Object.values(result.drops).reduce((sum, count) => sum + count, 0)).toBe(0)
    const through = result.phases.find((phase) => phase.name === 'stream-passthrough')
    expect(through).toMatchObject({ mode: 'passthrough', vmExits: 0, cpuCopies: 0, lost: 0 })
    expect(result.switches.map(({ vm, to, forced }) => `${vm} ${to} ${forced}`)).toEqual([
      'vm-a passthrough false',
      'vm-b passthrough false',
      'vm-a emulated false',
      'vm-b emulated false',
    ])
  },
)

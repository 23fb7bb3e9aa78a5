import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { runScenario } from './run-scenario.js'
import type { Scenario } from './schema/scenario-schema.js'
import { smallScenario, streamPhaseOf } from './testing/scenarios.js'

const CAPTURE = '../fixtures/vlan100.pcap'
const captures = new Map([
  [CAPTURE, new Uint8Array(readFileSync(new URL('../../../fixtures/vlan100.pcap', import.meta.url)))],
])

function scenario(vlans: number[]): Scenario {
  const both = ['vm-a', 'vm-b']
  const made = smallScenario([
    { name: 'tagged-emulated', mode: 'emulated', replay: [CAPTURE] },
    { name: 'into', mode: 'passthrough', switch: { vms: both, to: 'passthrough' } },
    { name: 'tagged-passthrough', mode: 'passthrough', replay: [CAPTURE] },
    streamPhaseOf('untagged', 'passthrough', 200),
    { name: 'out', mode: 'emulated', switch: { vms: both, to: 'emulated' } },
    { name: 'tagged-again', mode: 'emulated', replay: [CAPTURE] },
  ])
  return { ...made, hosts: made.hosts.map((host) => ({ ...host, vms: host.vms.map((vm) => ({ ...vm, vlans })) })) }
}

test('a capture on VLAN 100 arrives byte for byte on either path, and untagged frames beside it', () => {
  const result = runScenario({ scenario: scenario([100]), captures })
  expect(result.findings).toEqual([])
  const tagged = result.phases.filter(({ name }) => name.startsWith('tagged'))
  expect(tagged.map(({ mode, tx, rx, lost }) => [mode, tx.frames, rx.frames, lost])).toEqual([
    ['emulated', 722, 722, 0],
    ['passthrough', 722, 722, 0],
    ['emulated', 722, 722, 0],
  ])
})

test('on a VF that was not given the VLAN its frames do not arrive', () => {
  const result = runScenario({ scenario: scenario([7]), captures })
  expect(result.verdict).toBe('fail')
  expect(result.phases.find(({ name }) => name === 'tagged-passthrough')?.rx.frames).toBe(0)
})

import type { Scenario } from '../schema/scenario-schema.js'
import { scenarioSchema } from '../schema/scenario-schema.js'

/** Two hosts, one VM each, linked; streams of `frames` frames. Small enough for tests, with every kind of phase but a replay. */
export function smallScenario(phases: readonly unknown[], seed = 1): Scenario {
  const host = (letter: string): unknown => ({
    name: `host-${letter}`,
    nic: { model: 'intel-82599', vfs: 4 },
    vms: [
      {
        name: `vm-${letter}`,
        mac: `00:50:56:00:00:0${letter}`,
        ip: `10.1.0.${letter === 'a' ? 1 : 2}`,
        memory: '32 MiB',
      },
    ],
  })
  return scenarioSchema.parse({
    version: 0,
    seed,
    memory: '192 MiB',
    hosts: [host('a'), host('b')],
    links: [{ between: ['host-a', 'host-b'], rate: '10 Gb/s', delay: '1 us' }],
    phases: [{ name: 'boot', mode: 'emulated' }, ...phases],
  })
}

const between = ['vm-a', 'vm-b']

export function streamPhaseOf(name: string, mode: 'emulated' | 'passthrough', frames: number): unknown {
  return { name, mode, stream: { between, frames } }
}

/** A stream with a switch of both VMs in the middle. */
export function switchPhaseOf(name: string, to: 'emulated' | 'passthrough', frames: number, force = false): unknown {
  return {
    name,
    mode: to,
    stream: { between, frames },
    switch: { vms: between, to, afterFrames: Math.floor(frames / 2), force },
  }
}

/** Emulation, into passthrough, passthrough, back, emulation. */
export function roundTrip(frames: number): Scenario {
  return smallScenario([
    streamPhaseOf('before', 'emulated', frames),
    switchPhaseOf('into', 'passthrough', frames),
    streamPhaseOf('through', 'passthrough', frames),
    switchPhaseOf('out', 'emulated', frames),
    streamPhaseOf('after', 'emulated', frames),
  ])
}

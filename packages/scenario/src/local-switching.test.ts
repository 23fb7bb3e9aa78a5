import { VirtualScheduler } from '@npa/core'
import { expect, test } from 'vitest'
import { collectDrops } from './drops.js'
import { StreamConnection } from './guest/connection.js'
import type { Guest } from './guest/guest.js'
import { scenarioSchema } from './schema/scenario-schema.js'
import { Simulation } from './simulation.js'

/** Two VMs on one host and a third across the wire, each on either path. */
function simulation(): Simulation {
  const vm = (n: number): unknown => ({
    name: `vm-${n}`,
    mac: `00:50:56:00:00:0${n}`,
    ip: `10.1.0.${n}`,
    memory: '32 MiB',
  })
  const nic = { model: 'intel-82599', vfs: 4 }
  return new Simulation({
    scheduler: new VirtualScheduler(),
    scenario: scenarioSchema.parse({
      version: 0,
      memory: '256 MiB',
      hosts: [
        { name: 'host-a', nic, vms: [vm(1), vm(2)] },
        { name: 'host-b', nic, vms: [vm(3)] },
      ],
      links: [{ between: ['host-a', 'host-b'], rate: '10 Gb/s', delay: '1 us' }],
      phases: [{ name: 'boot', mode: 'emulated' }],
    }),
  })
}

test('VMs of one host and of another reach each other on every mixture of paths, broadcasts included, while they switch', () => {
  const run = simulation()
  const { scheduler, oracle, guests, hosts, components } = run
  const until = (done: () => boolean): void => {
    expect(scheduler.run(done, scheduler.nowNs() + 5e9)).toBe('done')
  }
  for (const guest of guests) guest.shell.open()
  until(() => hosts.every((host) => host.driver.uplink.up))
  const pairs = [
    [0, 1],
    [0, 2],
    [1, 2],
  ]
  const streams = pairs.map(([a, b], i) => new StreamConnection(i, guests[a], guests[b], 4096, i))
  const flow = (): void => {
    const before = streams.map((stream) => stream.received)
    until(() => streams.every((stream, i) => stream.received > before[i] + 100_000))
    for (const guest of guests) guest.stack.announce()
  }
  const toggle = (guest: Guest): void => {
    const { passthrough } = guest.vm
    const to = passthrough.mode === 'emulated' ? 'passthrough' : 'emulated'
    expect(to === 'passthrough' ? passthrough.enter() : passthrough.leave()).toBe(true)
    until(() => passthrough.mode === to && guest.shell.state === to)
  }
  flow()
  // a Gray code over the three VMs: every mixture once, each a switch from the one before
  for (const next of [0, 1, 0, 2, 0, 1, 0, 2]) {
    toggle(guests[next])
    flow()
  }
  for (const stream of streams) stream.pause()
  until(() => streams.every((stream) => stream.quiet))
  scheduler.run(() => oracle.outstanding === 0, scheduler.nowNs() + 5e6)
  const { duplicated, reordered, foreign } = oracle.counts()
  expect({ duplicated, reordered, foreign, lost: oracle.settle() }).toEqual({
    duplicated: 0,
    reordered: 0,
    foreign: 0,
    lost: Object.values(collectDrops(components)).reduce((sum, n) => sum + n, 0),
  })
  expect(streams.flatMap((stream) => stream.findings())).toEqual([])
  expect(streams.map((stream) => stream.retransmissions)).toEqual([0, 0, 0])
})

test('VMs of one host that switch at the same instant all arrive, into passthrough and out of it', () => {
  const run = simulation()
  const { scheduler, oracle, guests, hosts } = run
  const until = (done: () => boolean): void => {
    expect(scheduler.run(done, scheduler.nowNs() + 1e9)).toBe('done')
  }
  for (const guest of guests) guest.shell.open()
  until(() => hosts.every((host) => host.driver.uplink.up))
  const stream = new StreamConnection(0, guests[0], guests[1], 4096, 1)
  for (const to of ['passthrough', 'emulated', 'passthrough', 'emulated'] as const) {
    const before = stream.received
    until(() => stream.received > before + 100_000)
    for (const { vm } of guests)
      expect(to === 'passthrough' ? vm.passthrough.enter() : vm.passthrough.leave()).toBe(true)
    until(() => guests.every(({ vm, shell }) => vm.passthrough.mode === to && shell.state === to))
  }
  stream.pause()
  until(() => stream.quiet)
  const { duplicated, reordered, foreign } = oracle.counts()
  expect({ duplicated, reordered, foreign, findings: stream.findings() }).toEqual({
    duplicated: 0,
    reordered: 0,
    foreign: 0,
    findings: [],
  })
})

import type { PtOp, PtStatus } from '@npa/plugin-api/host'
import { writeImage } from '@npa/plugin-api/image'
import { PLUGIN_MANIFEST } from '@npa/vendor-intel-82599/image'
import { describe, expect, test } from 'vitest'
import { Bench } from './testing/bench.js'

/** Answers one kind of operation with a status instead of doing it. */
function failing(bench: Bench, op: PtOp['op'], status: PtStatus): void {
  const { driver } = bench.simulation.hosts[0]
  const start = driver.start.bind(driver)
  driver.start = (one, done) => {
    if (one.op === op) done(status, {})
    else start(one, done)
  }
}

describe('a step that fails is undone: the VM stays in emulation, its stream goes on, nothing leaks, the reason is told', () => {
  test.each([
    ['acquire', 'noResources', 'noVirtualFunction'],
    ['getInfo', 'failure', 'deviceFailure'],
    ['init', 'noMemory', 'deviceFailure'],
    ['activate', 'failure', 'deviceFailure'],
    ['setRxMode', 'notSupported', 'deviceFailure'],
    ['setMac', 'noResources', 'deviceFailure'],
  ] as const)('%s answers %s', (op, status, reason) => {
    const bench = new Bench()
    failing(bench, op, status)
    const { vm, shell } = bench.guest
    expect(vm.passthrough.enter()).toBe(true)
    bench.flow()
    bench.until(() => vm.passthrough.mode === 'emulated' && shell.state === 'emulated')
    bench.flow()
    expect(vm.passthrough.reason).toBe(reason)
    expect(bench.end()).toEqual([])
  })

  test('a PF driver that fails to quiesce: the VF is revoked, the VM goes on in emulation', () => {
    const bench = new Bench()
    const { vm, shell } = bench.guest
    vm.passthrough.enter()
    bench.until(() => shell.state === 'passthrough')
    bench.flow()
    const { driver } = bench.simulation.hosts[0]
    const start = driver.start.bind(driver)
    driver.start = (op, done) => {
      start(op, op.op === 'quiesce' ? (_, result) => done('failure', result) : done)
    }
    vm.passthrough.leave()
    bench.until(() => vm.passthrough.mode === 'emulated' && shell.state === 'emulated')
    expect(vm.passthrough.reason).toBe('deviceFailure')
    expect(vm.passthrough.switches.at(-1)).toMatchObject({ to: 'emulated', forced: true })
    bench.flow()
    expect(bench.end()).toEqual([])
  })

  test.each([
    ['no plugin of that name', { ...PLUGIN_MANIFEST, name: 'another' }, 'noPlugin'],
    ['a licence that is not the policy', { ...PLUGIN_MANIFEST, license: 'Apache-2.0' }, 'licenceRefused'],
    ['a contract of the future', { ...PLUGIN_MANIFEST, api: { major: 2, minor: 0 } }, 'pluginVersion'],
  ])('%s', (_, manifest, reason) => {
    const bench = new Bench()
    const { plugins } = bench.simulation.hosts[0].parts
    plugins.remove(PLUGIN_MANIFEST.name)
    plugins.add(writeImage({ manifest, code: new TextEncoder().encode('0') }))
    bench.guest.vm.passthrough.enter()
    bench.flow()
    expect(bench.guest.vm.passthrough).toMatchObject({ mode: 'emulated', reason })
    expect(bench.end()).toEqual([])
  })

  test('code that is no plugin: the guest declines, the deadline takes the offer back', () => {
    const bench = new Bench()
    const { plugins } = bench.simulation.hosts[0].parts
    plugins.add(writeImage({ manifest: PLUGIN_MANIFEST, code: new TextEncoder().encode('42') }))
    const { vm, shell } = bench.guest
    vm.passthrough.enter()
    bench.until(() => shell.state === 'declined')
    bench.until(() => vm.passthrough.mode === 'emulated' && shell.state === 'emulated')
    expect(vm.passthrough.reason).toBe('guestDidNotAnswer')
    expect(shell.failure?.reason).toBeDefined()
    bench.flow()
    expect(bench.end()).toEqual([])
  })
})

describe('a guest that does not answer', () => {
  /** Lets the guest's event interrupt come to nothing, as in a guest that hangs. */
  function deaf(bench: Bench): () => void {
    const { device } = bench.guest.vm
    const raise = device.raiseEvent.bind(device)
    device.raiseEvent = () => false
    return () => {
      device.raiseEvent = raise
      raise(8)
    }
  }

  test('keeps its emulated path when it ignores an offer', () => {
    const bench = new Bench()
    const hear = deaf(bench)
    const { vm } = bench.guest
    vm.passthrough.enter()
    bench.until(() => vm.passthrough.mode === 'offered')
    bench.until(() => vm.passthrough.mode === 'emulated')
    expect(vm.passthrough.reason).toBe('guestDidNotAnswer')
    hear()
    bench.flow()
    expect(bench.end()).toEqual([])
  })

  test('loses the VF by the deadline when it ignores that it must leave, and comes back when it hears again', () => {
    const bench = new Bench()
    const { vm, shell } = bench.guest
    vm.passthrough.enter()
    bench.until(() => shell.state === 'passthrough')
    bench.flow()
    const hear = deaf(bench)
    vm.passthrough.leave()
    bench.until(() => vm.passthrough.mode === 'revoked')
    expect(vm.passthrough.reason).toBe('guestDidNotAnswer')
    expect(vm.platform.bar(4).read32(0)).toBe(0xffffffff)
    hear()
    bench.until(() => vm.passthrough.mode === 'emulated' && shell.state === 'emulated')
    bench.flow()
    expect(bench.end()).toEqual([])
  })
})

test('a guest in promiscuous mode gets no VF, and loses one when it turns promiscuous', () => {
  const bench = new Bench()
  const { vm } = bench.guest
  const nic = { promiscuous: false }
  Object.defineProperty(vm.device, 'rxMode', { get: () => (nic.promiscuous ? 0x17 : 0x07) })
  nic.promiscuous = true
  expect(vm.passthrough.enter()).toBe(false)
  expect(vm.passthrough.reason).toBe('promiscuousMode')
  nic.promiscuous = false
  expect(vm.passthrough.enter()).toBe(true)
  bench.until(() => bench.guest.shell.state === 'passthrough')
  nic.promiscuous = true
  vm.passthrough.filtersChanged()
  bench.until(() => vm.passthrough.mode === 'emulated')
  expect(vm.passthrough.reason).toBe('promiscuousMode')
  nic.promiscuous = false
  expect(bench.end()).toEqual([])
})

test('a driver that is unloaded in passthrough gives the VF back', () => {
  const bench = new Bench()
  const { vm, shell } = bench.guest
  vm.passthrough.enter()
  bench.until(() => shell.state === 'passthrough')
  shell.close()
  bench.until(() => vm.passthrough.mode === 'revoked')
  expect(vm.passthrough.reason).toBe('guestReset')
  expect(shell.leaks().dmaBlocks).toBe(0)
})

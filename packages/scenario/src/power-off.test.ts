import { describe, expect, test } from 'vitest'
import { Bench } from './testing/bench.js'
import type { Mode } from '@npa/hypervisor'

/** Every mode in which a VM is for longer than an instant of virtual time. */
const MODES: readonly Mode[] = [
  'emulated',
  'offered',
  'initialising',
  'ready',
  'activating',
  'passthrough',
  'leaving',
  'quiescing',
  'flushing',
  'quiesced',
]

/** A VM that is on its way into passthrough and out of it, seen first in `mode`; undefined when it is never seen there. */
function benchIn(mode: Mode): Bench | undefined {
  const bench = new Bench()
  const { vm, shell } = bench.guest
  const seen = (): boolean => vm.passthrough.mode === mode
  if (mode === 'emulated') return bench
  vm.passthrough.enter()
  bench.until(() => seen() || shell.state === 'passthrough')
  if (seen()) return bench
  vm.passthrough.leave()
  bench.until(() => seen() || vm.passthrough.mode === 'emulated')
  return seen() ? bench : undefined
}

describe("the power of a VM is cut: VF, vectors, memory and port are the host's again", () => {
  test.each(MODES)('while it is %s', (mode) => {
    const bench = benchIn(mode)
    if (bench === undefined) throw new Error(`${mode} was not seen`)
    const { vm } = bench.guest
    const { hosts, arena, guests } = bench.simulation
    const [{ root, vms }, other] = hosts
    const before = arena.bytesInUse
    let leaks: Record<string, number> | undefined
    vm.powerOff((found) => {
      leaks = found
    })
    bench.until(() => leaks !== undefined)
    // the guest of this thread had no chance to free its own
    expect(leaks).toEqual({ 'vm-a.dmaBlocks': expect.any(Number) as number })
    expect(vms).toEqual([])
    // RAM, window, held frames, the emulated device
    expect(before - arena.bytesInUse).toBeGreaterThan(33.6e6)
    const again = hosts[0].addVm({ name: 'vm-a', mac: vm.device.mac, memoryBytes: 32 * 1048576 })
    expect(arena.bytesInUse).toBe(before)
    expect(root.remapping.inUse).toBe(other.root.remapping.inUse)
    again.powerOff(() => undefined)
    expect(guests[1].vm.passthrough.mode).toBe('emulated')
  })
})

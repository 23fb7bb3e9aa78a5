import { Vmxnet3Shell } from '../shell.js'
import type { ShellOptions } from '../settings.js'
import { Machine } from './machine.js'
import { TestStack } from './stack.js'
import { FakeVmxnet3 } from './vmxnet3.js'

export interface Bench {
  readonly machine: Machine
  readonly device: FakeVmxnet3
  readonly shell: Vmxnet3Shell
  readonly stack: TestStack
}

/** How a bench differs from a healthy guest. */
export interface BenchSetup {
  /** The device's memory is the driver's own, instead of a copy that only the sync calls move (as over qtest). */
  readonly shared?: boolean
  /** Called with the device before the driver sees it. */
  readonly before?: (device: FakeVmxnet3) => void
}

/** A driver with a stack, opened on a fake device. */
export function bench(options: ShellOptions = {}, setup: BenchSetup = {}): Bench {
  const machine = new Machine({ copied: setup.shared !== true })
  const device = new FakeVmxnet3(machine)
  setup.before?.(device)
  const shell = new Vmxnet3Shell(machine, { txRingSize: 32, rxRingSize: 32, largeBuffers: 4, ...options })
  const stack = new TestStack(shell)
  shell.open()
  machine.settle()
  return { machine, device, shell, stack }
}

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

/** A driver with a stack, opened on a fake device whose memory is a copy that only the sync calls move (as over qtest). */
export function bench(options: ShellOptions = {}, copied = true): Bench {
  const machine = new Machine({ copied })
  const device = new FakeVmxnet3(machine)
  const shell = new Vmxnet3Shell(machine, { txRingSize: 32, rxRingSize: 32, largeBuffers: 4, ...options })
  const stack = new TestStack(shell)
  shell.open()
  machine.settle()
  return { machine, device, shell, stack }
}

import { randomStream, VirtualScheduler } from '@npa/core'
import { ipv4 } from '@npa/wire'
import { expect } from 'vitest'
import type { GuestStackOptions } from '../options.js'
import type { TcpSettings } from '../settings.js'
import { GuestStack } from '../stack.js'
import { FakeWire } from './fake-wire.js'
import type { WireOptions } from './fake-wire.js'

export const IP_B: number = ipv4.parseAddress('10.0.0.2')

export type StackChoice = Partial<Omit<GuestStackOptions, 'clock' | 'device' | 'random' | 'ip' | 'tcp'>> & {
  readonly tcp?: Partial<TcpSettings>
}

/** Two stacks on a wire, and the time they live in. */
export interface Pair {
  readonly scheduler: VirtualScheduler
  readonly wire: FakeWire
  readonly a: GuestStack
  readonly b: GuestStack
}

export function pair(options: WireOptions = {}, a: StackChoice = {}, b: StackChoice = a): Pair {
  const scheduler = new VirtualScheduler()
  const wire = new FakeWire(scheduler, options)
  const seed = options.seed ?? 1
  const stack = (index: 0 | 1, ip: string, choice: StackChoice): GuestStack =>
    new GuestStack({
      clock: scheduler,
      device: wire.ends[index],
      random: randomStream(seed, `stack${index}`),
      name: `stack${index}`,
      ip,
      ...choice,
    })
  return { scheduler, wire, a: stack(0, '10.0.0.1', a), b: stack(1, '10.0.0.2', b) }
}

/** Nothing is under way, and every buffer is back. */
export function expectNoLeak({ wire, scheduler }: Pair): void {
  scheduler.run(() => wire.flying === 0, Infinity)
  expect(wire.ends.map((end) => end.buffers.inUse)).toEqual([0, 0])
}

/** Runs for a while. */
export function runFor({ scheduler }: Pair, ns: number): void {
  scheduler.run(() => false, scheduler.nowNs() + ns)
}

import { randomStream, VirtualScheduler } from '@npa/core'
import { GuestStack } from '@npa/guest-stack'
import { Hub } from '../index.js'
import type { FrameSink } from '../index.js'

/** A server's and a client's stack, each in a hub of its own, with a cable of 1 us between the hubs. */
export function twoStacks(): { clock: VirtualScheduler; server: GuestStack; client: GuestStack } {
  const clock = new VirtualScheduler()
  const cable = (to: () => Hub): FrameSink => {
    const frames: Uint8Array[] = []
    const timer = clock.timer('cable', () => {
      for (const frame of frames.splice(0)) to().deliver(frame)
    })
    return (frame) => {
      frames.push(frame)
      timer.arm(clock.nowNs() + 1000)
    }
  }
  const left: Hub = new Hub(cable(() => right))
  const right: Hub = new Hub(cable(() => left))
  const stack = (hub: Hub, last: number): GuestStack => {
    const device = hub.device(Uint8Array.of(2, 0, 0, 0, 0, last), 1500)
    const name = `stack${last}`
    return new GuestStack({ clock, random: randomStream(1, name), name, device, ip: `10.0.0.${last}` })
  }
  return { clock, server: stack(left, 1), client: stack(right, 2) }
}

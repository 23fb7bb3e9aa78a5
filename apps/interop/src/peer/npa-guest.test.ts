import { randomStream } from '@npa/core'
import { GuestStack } from '@npa/guest-stack'
import { RealScheduler } from '@npa/vfio-user'
import { parseMac } from '@npa/wire'
import { expect, test } from 'vitest'
import { until } from '../checks/check.js'
import { GUEST_MAC } from '../devices/device.js'
import { CableDevice, Hub } from '@npa/link-partner'
import { NpaGuest } from './npa-guest.js'
import type { Mode } from './npa-guest.js'
import { Talk } from './talk.js'

const BYTES = 200_000

/** What a virtual function that is taken away takes along: frames that it had not fetched, and some that the guest had not looked at. */
const REVOKED = ['far.switch.vfTxUnfetched', 'far.switch.vfRxUntaken']

test.each(['wire', 'switch'] as const)(
  'in real time, both paths, %s: the stream goes on, nothing stays behind',
  async (place) => {
    const clock = new RealScheduler()
    const hub = new Hub((frame) => judged.receive(frame))
    const judged = new CableDevice(parseMac(GUEST_MAC), 1500, (frame) => hub.deliver(frame))
    const stack = new GuestStack({ clock, device: judged, random: randomStream(1, 'judged'), ip: '192.168.77.1' })
    const npa = NpaGuest.start(hub, place)
    await until(
      60,
      () => 'no link',
      () => npa.up,
    )
    const talk = new Talk(npa.stack, 5001)
    const connection = stack.connect(npa.stack.ip, 5001)
    const bytes = new Uint8Array(65536)
    let got = 0
    connection.onReadable = () => {
      for (let n = connection.read(bytes, 0, bytes.length); n > 0; n = connection.read(bytes, 0, bytes.length)) got += n
    }
    connection.onWritable = () => {
      while (connection.write(bytes, 0, bytes.length) > 0);
    }
    connection.onConnected = connection.onWritable
    const phase = async (mode: Mode, force: boolean): Promise<ReturnType<NpaGuest['carried']>> => {
      npa.request(mode, force)
      await until(
        60,
        () => npa.state,
        () => npa.isIn(mode),
      )
      const before = npa.carried()
      const [received, delivered] = [talk.received + BYTES, got + BYTES]
      await until(
        60,
        () => `${talk.received}, ${got}: ${npa.state}`,
        () => talk.received > received && got > delivered,
      )
      const now = npa.carried()
      return { ...now, vmExits: now.vmExits - before.vmExits, vfBytes: now.vfBytes - before.vfBytes }
    }
    for (const force of [false, true]) {
      const through = await phase('passthrough', force)
      expect(through.vmExits).toBe(0)
      expect(through.vfBytes).toBeGreaterThan(2 * BYTES)
      const back = await phase('emulated', force)
      expect(back.vmExits).toBeGreaterThan(0)
      expect(back.vfBytes).toBe(0)
      // A guest that is asked loses nothing, however slow the machine; what a forced one loses has two names.
      expect(Object.keys(npa.drops()).filter((name) => !force || !REVOKED.includes(name))).toEqual([])
    }
    expect(npa.switches()).toEqual({ all: 4, forced: 1 })
    expect(talk.accepted).toBe(1)
    talk.stop()
    connection.onWritable = undefined
    connection.close()
    talk.close()
    await until(
      60,
      () => connection.state,
      () => talk.ended === 'closed',
    )
    expect(Object.keys(npa.drops()).filter((name) => !REVOKED.includes(name))).toEqual([])
    expect(npa.close()).toEqual({})
    clock.stop()
  },
)

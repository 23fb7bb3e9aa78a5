import { parentPort, workerData } from 'node:worker_threads'
import { Arena } from '@npa/memory'
import { Doorbell } from '@npa/ring-datapath'
import { DeviceServer, MessageSender, Op, RequestClient, RequestServer, ThreadScheduler } from '../index.js'
import type { LinkPlace } from '../index.js'
import { NotingFunction } from './device.js'
import { At, Control, Reg, Serves } from './plan.js'
import type { Order } from './plan.js'

const { role, shared, memory } = workerData as Order
const place = (at: number): LinkPlace => ({ buffer: shared, at })
const control = new Int32Array(shared, At.control, 64)
const hostBell = new Doorbell(shared, At.hostBell)
const deviceBell = new Doorbell(shared, At.deviceBell)

/** More writes than a link holds. */
const MANY = 600

/** A device in its thread. */
function runDevice(): void {
  const arena = new Arena(memory, 0x10000, 0x20000)
  const pf = new NotingFunction(0, control, new Int32Array(shared, At.log, 16384))
  const messages = new MessageSender(place(At.messages), hostBell)
  const guests = [{ interrupts: new MessageSender(place(At.interrupts), hostBell) }]
  const server = new DeviceServer(arena, pf, messages, guests, () => undefined)
  const host = new RequestServer(place(At.requests), server.hostRequest)
  const guest = new RequestServer(place(At.guest), server.guestRequest(0))
  let asleep = 0
  const scheduler: ThreadScheduler = new ThreadScheduler(() => Math.floor(performance.now() * 1e6), deviceBell, {
    idle: (_deadlineNs, ticket) => {
      asleep = ticket
      Atomics.add(control, Control.sleeps, 1)
      Atomics.store(control, Control.asleep, 1)
      Atomics.notify(control, Control.asleep)
    },
    busy: () => {
      Atomics.store(control, Control.asleep, 0)
      const served = Atomics.load(control, Control.serves) === Serves.always
      if (served && !deviceBell.hasRung(asleep) && host.pending(1) > 0) Atomics.add(control, Control.missed, 1)
    },
  })
  const chip = arena.allocate(64)
  scheduler.source(() => {
    arena.i32[chip >> 2]++
    return pf.transfer(chip)
  })
  scheduler.source(() => {
    const serves = Atomics.load(control, Control.serves)
    if (serves === Serves.never || (serves === Serves.whenFull && host.pending(256) < 256)) return false
    const served = guest.serve(256) + host.serve(256)
    Atomics.store(control, Control.bad, server.badRequests)
    return served > 0
  })
  scheduler.run()
}

/** A driver that reads what the device dies of, and goes on. */
function runDriver(): void {
  const client = new RequestClient(place(At.requests), deviceBell, 'the device')
  const read = (): number => client.call(Op.barRead, 0, 0, Reg.death, 4, 0, 0)
  const dying = read()
  for (let i = 0; i < MANY; i++) client.post(Op.barWrite, 0, 0, Reg.note, 4, i, 0)
  parentPort?.postMessage([dying, read()])
}

if (role === 'device') runDevice()
else runDriver()

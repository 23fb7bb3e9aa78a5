import { Counters } from '@npa/core'
import { CableEnd, DeviceServer, MessageSender, RequestServer } from '@npa/remote'
import { collectDrops, NICS } from '@npa/scenario'
import type { NicCalls } from '../calls.js'
import type { HostPlan, ThreadPlan } from '../plan.js'
import { common, RoleThread } from '../role-thread.js'

/** Requests in one turn: all that a link can hold. */
const BUDGET = 256

/** One NIC in its thread: the chip, served to its host and, past the host, to the guests that have a VF. */
export function runNic(plan: ThreadPlan, index: number): void {
  const host = plan.hosts[index]
  const thread = new RoleThread(plan, host.nic, host.nicArena)
  const { scheduler, arena } = thread
  const place = (at: number): { buffer: SharedArrayBuffer; at: number } => ({ buffer: plan.links, at })
  const mac = Uint8Array.of(0x02, 0x4e, 0x50, 0x41, 0, index)
  const { model } = host.spec.nic
  const nic = NICS[model].create({ arena, scheduler, name: host.nic.name, mac, timing: { dmaLatencyNs: 0 } })
  const sender = (guest: HostPlan['guests'][number]): MessageSender =>
    new MessageSender(place(guest.interrupts), thread.bell(guest.thread))
  const messages = new MessageSender(place(host.messages), thread.bell(host.thread))
  const guests = host.guests.map((guest) => ({ interrupts: sender(guest) }))
  const vfs = new Int32Array(plan.links, host.vfs, 1)
  const server = new DeviceServer(arena, nic.pf, messages, guests, (count) => Atomics.store(vfs, 0, count))
  const hostLink = new RequestServer(place(host.requests), server.hostRequest)
  const guestLinks = host.guests.map(
    (guest) => new RequestServer(place(guest.registers), server.guestRequest(guest.slot)),
  )
  // What a guest wrote before its host asked for something is done before that: the host's link is looked at first, and served last.
  scheduler.source(() => {
    const asked = hostLink.pending(BUDGET)
    let served = 0
    for (const link of guestLinks) served += link.serve(BUDGET)
    return served + hostLink.serve(asked) > 0
  })
  scheduler.source(() => {
    let sent = messages.flush()
    for (const { interrupts } of guests) if (interrupts.flush()) sent = true
    return sent
  })
  const cables = plan.cables.flatMap((cable) => {
    const end = cable.hosts.indexOf(index)
    if (end < 0) return []
    const counters = new Counters()
    const port = new CableEnd({
      place: place(cable.at),
      end: end === 0 ? 0 : 1,
      arena,
      stores: cable.stores,
      far: thread.bell(plan.hosts[cable.hosts[1 - end]].nic),
      counters,
      carrier: () => nic.linkChanged(),
    })
    port.connect(nic.wire)
    nic.wire.connect(port)
    scheduler.source(() => port.poll())
    return [{ name: cable.name, counters }]
  })
  const calls: NicCalls = {
    ...common,
    figures: () => ({
      drops: collectDrops([
        { name: host.nic.name, kind: model, counters: nic.counters },
        ...cables.map(({ name, counters }) => ({
          name: `${name}.${host.spec.name}`,
          kind: 'cable' as const,
          counters,
        })),
      ]),
      dmaBytes: server.dmaBytes,
      badRequests: server.badRequests,
      cables: Object.fromEntries(
        cables.map(({ name, counters }) => [
          name,
          { sent: counters.get('sent'), delivered: counters.get('delivered') },
        ]),
      ),
    }),
    replug: (slot) => {
      guests[slot].interrupts = sender(host.guests[slot])
      guestLinks[slot] = new RequestServer(place(host.guests[slot].registers), server.guestRequest(slot))
    },
  }
  thread.run(calls)
}

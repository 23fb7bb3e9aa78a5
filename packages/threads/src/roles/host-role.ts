import { Counters, noTrace } from '@npa/core'
import { Host, PluginStore } from '@npa/hypervisor'
import type { RemoteGuest, Vm } from '@npa/hypervisor'
import { MessageReceiver, MessageSender, RemoteDevice, RequestClient, RequestServer } from '@npa/remote'
import { collectDrops, COST_PROFILES, CostLedger, NICS } from '@npa/scenario'
import { parseMac } from '@npa/wire'
import type { HostCalls } from '../calls.js'
import { GuestServer } from '../guest-server.js'
import { NicLink } from '../nic-link.js'
import type { GuestPlan, ThreadPlan } from '../plan.js'
import { common, RoleThread } from '../role-thread.js'
import { MODES, Status } from '../status.js'

/** Where a host's NIC stands on its bus. */
const NIC_RID = 0x0100

/** Messages and requests in one turn, before others get theirs. */
const BUDGET = 64

/** Processors take their own time in real time; a guest gets enough for a busy machine. */
const GUEST_ANSWER_NS = 10e9

/** One VM of the host, and the ends of its links. */
interface Seat {
  readonly vm: Vm
  readonly server: RequestServer
  readonly interrupts: MessageSender
}

/** One host in its thread: hypervisor, PF driver and device emulation; its NIC and its guests are elsewhere. */
export function runHost(plan: ThreadPlan, index: number): void {
  const { spec, thread: place, nic, arena: part, requests, messages, vfs, guests } = plan.hosts[index]
  const thread = new RoleThread(plan, place, part)
  const { scheduler, arena } = thread
  const at = (offset: number): { buffer: SharedArrayBuffer; at: number } => ({ buffer: plan.links, at: offset })
  const client = new RequestClient(at(requests), thread.bell(nic), nic.name)
  const vfWord = new Int32Array(plan.links, vfs, 1)
  const device = new RemoteDevice(
    client,
    () => true,
    () => Atomics.load(vfWord, 0),
  )
  const fromNic = new MessageReceiver(at(messages), thread.bell(nic), (...message) => device.message(...message))
  scheduler.source(() => fromNic.drain(BUDGET))

  const meter = new CostLedger(COST_PROFILES[plan.scenario.costs])
  const counters = new Counters()
  const plugins = new PluginStore()
  for (const { image } of Object.values(NICS)) plugins.add(image())
  const host = new Host({
    name: spec.name,
    arena,
    clock: scheduler,
    tasks: scheduler,
    meter,
    counters,
    trace: noTrace,
    plugins,
    latencies: { interruptNs: 0, pollNs: 0 },
    guestAnswerNs: GUEST_ANSWER_NS,
  })
  const link = new NicLink(client, host.root, NIC_RID, guests.length)
  const { model, vfs: vfCount } = spec.nic
  host.addNic(NIC_RID, device.pf, (platform) =>
    NICS[model].bind({ platform, arena, meter, routingId: NIC_RID, vfs: vfCount }),
  )

  const books = new Counters()
  const badRequests = books.slot('badRequests')
  /** Of VMs that are gone: their counts stay in the report. */
  const gone = new Counters()
  const vmxnet3 = (vm: Vm): Record<string, number> =>
    collectDrops([{ name: `${vm.name}.vmxnet3`, kind: 'vmxnet3', counters: vm.device.counters }])
  const seat = (guest: GuestPlan): Seat => {
    const interrupts = new MessageSender(at(guest.messages), thread.bell(guest.thread))
    const mapped = new Int32Array(plan.links, guest.mapped, 1)
    const remote: RemoteGuest = {
      injected: { message: (lo, hi, data) => interrupts.send(0, lo, hi, data) },
      posted: link.guestTarget(guest.slot, interrupts),
      mapVf: (vf) => {
        if (vf === undefined) Atomics.store(mapped, 0, 0)
        link.mapVf(guest.slot, vf)
        if (vf !== undefined) Atomics.store(mapped, 0, 1)
      },
    }
    const { name, mac, memory } = guest.spec
    const vm = host.addVm({ name, mac: parseMac(mac), memoryBytes: memory, guest: remote })
    const guestServer = new GuestServer(vm, () => books.add(badRequests, 1))
    return { vm, interrupts, server: new RequestServer(at(guest.requests), guestServer.request) }
  }
  const seats: (Seat | undefined)[] = guests.map((guest) => seat(guest))
  const vmOf = (slot: number): Vm => {
    const taken = seats[slot]
    if (taken === undefined) throw new Error(`there is no VM ${guests[slot].spec.name}`)
    return taken.vm
  }
  scheduler.source(() => {
    let worked = false
    for (const taken of seats) {
      if (taken === undefined) continue
      if (taken.server.serve(BUDGET) > 0) worked = true
      if (taken.interrupts.flush()) worked = true
    }
    return worked
  })
  thread.publish = () => {
    thread.set(Status.link, host.driver.uplink.up ? 1 : 0)
    seats.forEach((taken, slot) => {
      const mode = taken?.vm.passthrough.mode
      thread.set(
        Status.vmMode + slot,
        MODES.findIndex((one) => one === mode),
      )
    })
  }
  let exitsOfGone = 0
  const calls: HostCalls = {
    ...common,
    figures: () => ({
      drops: Object.assign(
        collectDrops([{ name: `${spec.name}.switch`, kind: 'host', counters }]),
        gone.snapshot(),
        ...seats.map((taken) => (taken === undefined ? {} : vmxnet3(taken.vm))),
      ) as Record<string, number>,
      vmExits: seats.reduce((sum, taken) => sum + (taken?.vm.counts.exits ?? 0), exitsOfGone),
      copies: meter.count('copyCall'),
    }),
    books: () => ({
      arenaBytes: arena.bytesInUse,
      remappingEntries: host.root.remapping.inUse,
      vms: host.vms.length,
      badRequests: books.get('badRequests'),
    }),
    ask: (slot, to, force) => {
      const { passthrough } = vmOf(slot)
      if (to === 'passthrough') passthrough.enter()
      else if (force) passthrough.force()
      else passthrough.leave()
    },
    where: (slot) => {
      const { mode, reason } = vmOf(slot).passthrough
      return { mode, reason }
    },
    switches: (slot) => vmOf(slot).passthrough.switches,
    removeVm: (slot) => (done) => {
      const vm = vmOf(slot)
      seats[slot] = undefined
      vm.powerOff((leaks) => {
        exitsOfGone += vm.counts.exits
        for (const [name, count] of Object.entries(vmxnet3(vm))) gone.add(gone.slot(name), count)
        done(leaks)
      })
    },
    addVm: (slot) => {
      seats[slot] = seat(guests[slot])
    },
    close: () => host.close(),
  }
  thread.run(calls)
}

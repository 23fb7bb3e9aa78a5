import { noTrace } from '@npa/core'
import type { Mmio } from '@npa/core'
import { dmaRange, GuestPlatform } from '@npa/hypervisor'
import { DmaMemory, InterruptController } from '@npa/pci'
import { MessageReceiver, Op, RemoteDevice, RequestClient } from '@npa/remote'
import { collectDrops, COST_PROFILES, CostLedger, FrameLog, GuestSystem, Oracle, StreamEnd } from '@npa/scenario'
import { Bar } from '@npa/vmxnet3-spec'
import { parseMac } from '@npa/wire'
import type { GuestCalls } from '../calls.js'
import type { ThreadPlan } from '../plan.js'
import { Replayer } from '../replayer.js'
import { common, RoleThread } from '../role-thread.js'
import { MODES, Status } from '../status.js'

const BUDGET = 64

/** Socket buffers that a guest's streams want, bytes; 64 KiB when it has none. */
function windowOf({ scenario }: ThreadPlan, vm: string): number {
  const windows = scenario.phases.map(({ stream }) => (stream?.between.includes(vm) === true ? stream.window : 0))
  return Math.max(...windows) || 65536
}

/** One guest in its thread: driver, stack and the oracle's ear. The emulated device is with its host, a VF with the NIC. */
export function runGuest(plan: ThreadPlan, index: number): void {
  const all = plan.hosts.flatMap(({ guests }) => guests)
  const guest = all[index]
  const { spec } = guest
  const host = plan.hosts[guest.host]
  const thread = new RoleThread(plan, guest.thread, guest.arena)
  const { scheduler, arena } = thread
  const at = (offset: number): { buffer: SharedArrayBuffer; at: number } => ({ buffer: plan.links, at: offset })
  const hostBell = thread.bell(host.thread)
  const nicBell = thread.bell(host.nic)
  const toHost = new RequestClient(at(guest.requests), hostBell, host.thread.name)
  const toNic = new RequestClient(at(guest.registers), nicBell, host.nic.name)
  // Doorbells and interrupt masks are posted, as with an ioeventfd; other trapped accesses are done when they return.
  const device = new RemoteDevice(
    toHost,
    (bar) => bar === Bar.data,
    () => 0,
  ).pf
  const interrupts = new InterruptController(`${spec.name}.apic`, scheduler, scheduler, 0)
  const take = (_from: number, lo: number, hi: number, data: number): void => interrupts.message(lo, hi, data)
  const injected = new MessageReceiver(at(guest.messages), hostBell, take)
  const posted = new MessageReceiver(at(guest.interrupts), nicBell, take)
  scheduler.source(() => {
    const worked = injected.drain(BUDGET)
    return posted.drain(BUDGET) || worked
  })

  const mapped = new Int32Array(plan.links, guest.mapped, 1)
  const vf: Mmio = {
    read32: (offset) => toNic.call(Op.barRead, 0, 0, offset, 4, 0, 0) >>> 0,
    write32: (offset, value) => toNic.post(Op.barWrite, 0, 0, offset, 4, value, 0),
  }
  const space = {
    name: spec.name,
    // The nested page table is the host's: it says where a page is now.
    span: (lo: number, hi: number, bytes: number) => toHost.call(Op.translate, 0, lo, hi, bytes, 0, 0),
  }
  const { start, end } = dmaRange(spec.memory)
  const meter = new CostLedger(COST_PROFILES[plan.scenario.costs])
  const platform = new GuestPlatform({
    name: spec.name,
    clock: scheduler,
    tasks: scheduler,
    meter,
    counts: { exits: 0, direct: 0 },
    device,
    interrupts,
    memory: new DmaMemory(`${spec.name}.dma`, arena, space, start, end),
    pollLatencyNs: 0,
    vfRegisters: () => (Atomics.load(mapped, 0) === 0 ? undefined : vf),
  })
  const lanes: FrameLog[] = []
  const oracle = new Oracle(
    arena,
    all.map(({ spec: { name, mac, vlans } }) => ({ name, mac: parseMac(mac), vlans })),
    () => {
      const lane = new FrameLog()
      lanes.push(lane)
      return lane
    },
  )
  const system = new GuestSystem({
    name: spec.name,
    platform,
    index,
    ip: spec.ip,
    vlans: spec.vlans,
    seed: plan.scenario.seed,
    clock: scheduler,
    meter,
    oracle,
    trace: noTrace,
    watch: () => undefined,
    window: windowOf(plan, spec.name),
  })
  const { shell, stack } = system
  /** By their numbers. */
  const streams = new Map<number, StreamEnd>()
  const replayer = new Replayer(
    system,
    index,
    plan,
    all.map((one) => thread.bell(one.thread)),
  )
  scheduler.source(() => replayer.pump())
  thread.publish = () => {
    thread.set(Status.sent, oracle.sentFrames)
    thread.set(Status.delivered, oracle.deliveredFrames)
    thread.set(
      Status.mode,
      MODES.findIndex((one) => one === shell.state),
    )
    thread.set(Status.link, stack.linkUp ? 1 : 0)
    thread.set(Status.quiet, [...streams.values()].every((stream) => stream.quiet) ? 1 : 0)
    thread.set(Status.replayed, replayer.sentAll ? 1 : 0)
  }
  const calls: GuestCalls = {
    ...common,
    open: () => {
      shell.open()
      return stack.ip
    },
    figures: () => {
      const { sent, sentBytes, deliveredBytes, foreign } = oracle.counts()
      return {
        drops: collectDrops([{ name: `${spec.name}.stack`, kind: 'stack', counters: stack.counters }]),
        interrupts: meter.count('guestInterrupt'),
        sent,
        sentBytes,
        deliveredBytes,
        foreign,
        received: [...streams.values()].reduce((sum, stream) => sum + stream.received, 0),
      }
    },
    logs: () => lanes.map((lane) => lane.take()),
    listen: (options) => void streams.set(options.number, StreamEnd.listen(stack, options)),
    connect: (ip, options) => void streams.set(options.number, StreamEnd.connect(stack, ip, options)),
    resume: () => {
      for (const stream of streams.values()) stream.resume()
    },
    pause: () => {
      for (const stream of streams.values()) stream.pause()
    },
    payloads: () =>
      Object.fromEntries([...streams].map(([number, { received, hash }]) => [number, { bytes: received, hash }])),
    findings: () => [...streams.values()].flatMap((stream) => stream.findings()),
    closeStreams: () => {
      for (const stream of streams.values()) stream.close()
    },
    prepareReplay: (bytes) => replayer.prepare(bytes),
    startReplay: () => replayer.start(),
    endReplay: () => replayer.end(),
    stops: (instants) => instants.map((instant) => system.stops.around(instant)),
    close: () => {
      shell.close()
      const { buffers, dmaBlocks } = shell.leaks()
      return {
        ...(buffers > 0 && { [`${spec.name}.packetBuffers`]: buffers }),
        ...(dmaBlocks > 0 && { [`${spec.name}.dmaBlocks`]: dmaBlocks }),
      }
    },
  }
  thread.run(calls)
}

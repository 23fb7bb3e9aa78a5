import { judge, Lane } from '@npa/scenario'
import type {
  PayloadResult,
  PhaseSpec,
  Progress,
  RealPhaseResult,
  RealResult,
  Scenario,
  StreamSpec,
  SwitchResult,
} from '@npa/scenario'
import { parseMac } from '@npa/wire'
import type { Drops, GuestCalls } from './calls.js'
import { Crew, startWorker } from './crew.js'
import { sleep } from './sleep.js'
import type { Member, StartWorker } from './crew.js'
import { layOut } from './plan.js'
import type { GuestPlan, ThreadPlan } from './plan.js'
import { read, roleFigures } from './reading.js'
import type { Reading } from './reading.js'
import { strayPackets } from './replayer.js'
import { MODES, Status } from './status.js'

export interface RealOptions {
  readonly scenario: Scenario
  /** Capture files (pcap) by the names that the scenario's replays give them. */
  readonly captures?: ReadonlyMap<string, Uint8Array>
  readonly progress?: Progress
  /** Where the worker script comes from, when it is not the one of this package. */
  readonly startWorker?: StartWorker
  /** Ends the run, and all threads with it, when it aborts. */
  readonly signal?: AbortSignal
  /** Called when a phase begins. */
  readonly onPhase?: (spec: PhaseSpec, crew: Crew) => void
}

/** How often the coordinator looks at the threads' words, ms. */
const LOOK_MS = 1
/** Time that anything may take before the run is given up: never part of a verdict on a run that works. */
const PATIENCE_MS = 300_000

/**
 * Runs a scenario from power-on to power-off in real time, each guest, each host and each NIC in a thread of its own, and judges it by the
 * same rules as in virtual time. Rejects with one `Error` when a thread dies; all others have ended then.
 */
export async function runReal(options: RealOptions): Promise<RealResult> {
  const plan = layOut(options.scenario, process.hrtime.bigint())
  const crew = new Crew(plan, options.startWorker ?? startWorker)
  const stop = (): void => void crew.end()
  options.signal?.addEventListener('abort', stop)
  try {
    return await Promise.race([new RealRun(options, plan, crew).run(), crew.failure])
  } finally {
    options.signal?.removeEventListener('abort', stop)
    await crew.end()
  }
}

interface StreamWork {
  readonly bytes: number
  readonly ms: number
}

class RealRun {
  readonly #options: RealOptions
  readonly #plan: ThreadPlan
  readonly #crew: Crew
  readonly #guests: readonly GuestPlan[]
  readonly #findings: string[] = []
  readonly #switches: SwitchResult[] = []
  readonly #reported = new Map<string, number>()
  /** Ends of each stream, by its number. */
  readonly #streams: (readonly [string, string])[] = []
  readonly #ips = new Map<string, number>()
  /** Lane from VM s to VM d at s * VMs + d. */
  readonly #lanes: readonly Lane[]

  constructor(options: RealOptions, plan: ThreadPlan, crew: Crew) {
    this.#options = options
    this.#plan = plan
    this.#crew = crew
    this.#guests = plan.hosts.flatMap((host) => host.guests)
    this.#lanes = this.#guests.flatMap(() => this.#guests.map(() => new Lane()))
  }

  async run(): Promise<RealResult> {
    const { scenario } = this.#options
    const phases: RealPhaseResult[] = []
    for (const [index, spec] of scenario.phases.entries()) phases.push(await this.#phase(spec, index))
    for (const guest of this.#crew.guests) this.#findings.push(...(await guest.call('findings')))
    const payloads = await this.#payloads()
    const { drops, foreign } = await this.#drops()
    const leaks = await this.#shutDown()
    const foreignOfLanes = this.#lanes.reduce((sum, lane) => sum + lane.counts.foreign, 0)
    this.#findings.push(...judge({ phases, drops, leaks, foreign: foreign + foreignOfLanes }))
    return {
      version: 0,
      seed: scenario.seed,
      clock: 'real',
      phases,
      switches: this.#switches,
      payloads,
      drops,
      leaks: Object.values(leaks).reduce((sum, count) => sum + count, 0),
      verdict: this.#findings.length === 0 ? 'pass' : 'fail',
      findings: [...new Set(this.#findings)],
    }
  }

  async #phase(spec: PhaseSpec, index: number): Promise<RealPhaseResult> {
    this.#options.progress?.phase(spec.name, index, this.#options.scenario.phases.length)
    this.#options.onPhase?.(spec, this.#crew)
    const before = await read(this.#crew)
    if (index === 0) await this.#boot(spec)
    const stream = await this.#work(spec)
    await this.#crew.settle()
    const after = await read(this.#crew)
    await this.#reportSwitches()
    return this.#result(spec, stream, before, after)
  }

  async #boot(spec: PhaseSpec): Promise<void> {
    const { hosts, guests } = this.#crew
    await Promise.all(guests.map(async (guest) => this.#ips.set(guest.name, await guest.call('open'))))
    await this.#until(spec, 'a link is down', () => {
      return [...hosts, ...guests].every((member) => member.word(Status.link) === 1)
    })
  }

  async #work(spec: PhaseSpec): Promise<StreamWork | undefined> {
    const base = this.#sent()
    let asked = false
    const switched = (): boolean => {
      const plan = spec.switch
      if (plan === undefined) return true
      if (!asked) {
        if (spec.stream !== undefined && this.#sent() - base < plan.afterFrames) return false
        asked = true
        for (const name of plan.vms) this.#ask(this.#guest(name), plan.to, plan.force)
        return false
      }
      return plan.vms.every((name) => this.#isIn(this.#guest(name), plan.to))
    }
    let work: StreamWork | undefined
    if (spec.stream !== undefined) work = await this.#stream(spec, spec.stream, base, switched)
    else await this.#until(spec, `not every VM is in ${spec.mode}`, switched)
    for (const name of spec.replay ?? []) await this.#replay(spec, name)
    await this.#checkMode(spec)
    return work
  }

  async #stream(spec: PhaseSpec, stream: StreamSpec, base: number, switched: () => boolean): Promise<StreamWork> {
    const ends = stream.between.map((name) => this.#member(name))
    const received = async (): Promise<number> => {
      const figures = await Promise.all(ends.map((end) => end.call('figures')))
      return figures.reduce((sum, one) => sum + one.received, 0)
    }
    const before = await received()
    const start = performance.now()
    await this.#connected(stream, ends)
    await Promise.all(ends.map((end) => end.call('resume')))
    await this.#until(spec, 'the stream did not send its frames', () => {
      const sent = this.#sent() - base
      this.#options.progress?.frames(sent, stream.frames)
      return switched() && sent >= stream.frames
    })
    const work = { bytes: (await received()) - before, ms: performance.now() - start }
    await Promise.all(ends.map((end) => end.call('pause')))
    await this.#until(spec, 'the stream was not acknowledged', () => ends.every((end) => end.word(Status.quiet) === 1))
    return work
  }

  async #connected({ between, message }: StreamSpec, ends: readonly Member<GuestCalls>[]): Promise<void> {
    if (this.#streams.some((known) => known.join(' ') === between.join(' '))) return
    const options = { number: this.#streams.length, message, seed: this.#options.scenario.seed }
    this.#streams.push([between[0], between[1]])
    await ends[1].call('listen', options)
    await ends[0].call('connect', this.#ips.get(between[1]) ?? 0, options)
  }

  async #payloads(): Promise<PayloadResult[]> {
    const results: PayloadResult[] = []
    for (const [number, [calls, listens]] of this.#streams.entries()) {
      for (const [from, to] of [
        [listens, calls],
        [calls, listens],
      ]) {
        const received = await this.#member(to).call('payloads')
        results.push({ from, to, ...received[number] })
      }
    }
    return results
  }

  async #replay(spec: PhaseSpec, file: string): Promise<void> {
    const bytes = this.#options.captures?.get(file)
    if (bytes === undefined) throw new RangeError(`the capture ${file} was not given`)
    const { guests } = this.#crew
    await Promise.all(guests.map((guest) => guest.call('prepareReplay', bytes)))
    await Promise.all(guests.map((guest) => guest.call('startReplay')))
    // it ends when all is sent; where a frame is lost nobody answers, and all is quiet before
    const sent = (): boolean => guests.every((guest) => guest.word(Status.replayed) === 1)
    while (!sent()) {
      if ((await this.#crew.settled()) && !sent()) {
        this.#findings.push(`phase ${spec.name}: the replay did not end`)
        break
      }
    }
    await this.#crew.settle()
    for (const guest of guests) {
      const { got, expected, wrong } = await guest.call('endReplay')
      if (got < expected || wrong > 0) {
        this.#findings.push(
          `${file}: ${guest.name} got ${got} of ${expected} frames, ${wrong} of them not as in the file`,
        )
      }
    }
    const vms = this.#guests.map(({ spec: vm }) => ({ mac: parseMac(vm.mac), vlans: vm.vlans }))
    const stray = strayPackets(bytes, vms)
    if (stray > 0) this.#findings.push(`${file}: ${stray} frames have the source address of no VM`)
  }

  /** The VMs that switched, or else one of those that the phase names, are where it says. */
  async #checkMode(spec: PhaseSpec): Promise<void> {
    const named = spec.switch?.vms ?? spec.stream?.between ?? this.#guests.map((guest) => guest.spec.name)
    const astray = named.map((name) => this.#guest(name)).filter((guest) => !this.#isIn(guest, spec.mode))
    if (astray.length === 0 || (spec.switch === undefined && astray.length < named.length)) return
    for (const guest of astray) {
      const { mode, reason } = await this.#crew.hosts[guest.host].call('where', guest.slot)
      this.#findings.push(`phase ${spec.name}: ${guest.spec.name} is in mode ${mode}: ${reason}`)
    }
  }

  #result(spec: PhaseSpec, stream: StreamWork | undefined, before: Reading, after: Reading): RealPhaseResult {
    const counts = this.#laneCounts()
    // a frame is noted as sent in one thread and as delivered in another: all that was sent comes first
    for (const lanes of after.logs) {
      lanes.forEach(({ sent }, lane) => {
        for (const print of sent) this.#lanes[lane].sent(print)
      })
    }
    for (const lanes of after.logs) {
      lanes.forEach(({ delivered }, lane) => {
        for (const print of delivered) this.#lanes[lane].delivered(print)
      })
    }
    const now = this.#laneCounts()
    const lost = this.#lanes.reduce((sum, lane) => sum + lane.settle(), 0)
    const cpuMs = roleFigures((role) => (after.cpuNs[role] - before.cpuNs[role]) / 1e6)
    const rxBytes = after.deliveredBytes - before.deliveredBytes
    const gbit = (rxBytes * 8) / 1e9
    return {
      name: spec.name,
      mode: spec.mode,
      tx: { frames: after.sent - before.sent, bytes: after.sentBytes - before.sentBytes },
      rx: { frames: now.delivered - counts.delivered, bytes: rxBytes },
      lost,
      duplicated: now.duplicated - counts.duplicated,
      reordered: now.reordered - counts.reordered,
      vmExits: after.vmExits - before.vmExits,
      interrupts: after.interrupts - before.interrupts,
      cpuCopies: after.copies - before.copies,
      dmaBytes: after.dmaBytes - before.dmaBytes,
      goodputMbps: stream === undefined ? 0 : Math.round((stream.bytes * 8) / (stream.ms * 1e3)),
      wallMs: after.wallMs - before.wallMs,
      cpuMs,
      cpuMsPerGbit: roleFigures((role) => (gbit === 0 ? 0 : cpuMs[role] / gbit)),
    }
  }

  #laneCounts(): { delivered: number; duplicated: number; reordered: number } {
    const sum = { delivered: 0, duplicated: 0, reordered: 0 }
    for (const { counts } of this.#lanes) {
      sum.delivered += counts.delivered
      sum.duplicated += counts.duplicated
      sum.reordered += counts.reordered
    }
    return sum
  }

  async #reportSwitches(): Promise<void> {
    for (const guest of this.#guests) {
      const { name } = guest.spec
      const all = await this.#crew.hosts[guest.host].call('switches', guest.slot)
      const fresh = all.slice(this.#reported.get(name) ?? 0)
      this.#reported.set(name, all.length)
      const instants = fresh.map(({ to, doneNs, movedNs }) => (to === 'emulated' ? doneNs : movedNs))
      const stops = await this.#member(name).call('stops', instants)
      fresh.forEach(({ from, to, forced, framesHeld, framesDropped, movedNs, doneNs }, i) => {
        const held = to === 'emulated' ? doneNs - movedNs : 0
        const blackoutNs = Math.max(held, stops[i])
        this.#switches.push({ vm: name, from, to, forced, blackoutNs, framesHeld, framesDropped })
      })
    }
  }

  async #drops(): Promise<{ drops: Drops; foreign: number }> {
    const { nics, hosts, guests } = this.#crew
    const nicFigures = await Promise.all(nics.map((nic) => nic.call('figures')))
    const hostFigures = await Promise.all(hosts.map((host) => host.call('figures')))
    const guestFigures = await Promise.all(guests.map((guest) => guest.call('figures')))
    const drops = Object.assign(
      {},
      ...[...nicFigures, ...hostFigures, ...guestFigures].map((one) => one.drops),
    ) as Drops
    for (const cable of this.#plan.cables) {
      const [a, b] = cable.hosts.map((host) => nicFigures[host].cables[cable.name])
      for (const [from, to] of [
        [a, b],
        [b, a],
      ]) {
        if (from.sent !== to.delivered) {
          this.#findings.push(`cable ${cable.name}: ${from.sent} frames went in, ${to.delivered} came out`)
        }
      }
    }
    return { drops, foreign: guestFigures.reduce((sum, { foreign }) => sum + foreign, 0) }
  }

  async #shutDown(): Promise<Record<string, number>> {
    const { hosts, guests } = this.#crew
    for (const guest of guests) await guest.call('closeStreams')
    await this.#crew.settle()
    const leaks: Record<string, number> = {}
    for (const guest of guests) Object.assign(leaks, await guest.call('close'))
    for (const host of hosts) Object.assign(leaks, await host.call('close'))
    return leaks
  }

  #ask(guest: GuestPlan, to: 'emulated' | 'passthrough', force: boolean): void {
    void this.#crew.hosts[guest.host].call('ask', guest.slot, to, force)
  }

  /** Host and guest agree that the VM is in a mode. */
  #isIn(guest: GuestPlan, mode: 'emulated' | 'passthrough'): boolean {
    const index = MODES.indexOf(mode)
    const host = this.#crew.hosts[guest.host].word(Status.vmMode + guest.slot)
    return host === index && this.#crew.guests[guest.index].word(Status.mode) === index
  }

  #guest(name: string): GuestPlan {
    const found = this.#guests.find(({ spec }) => spec.name === name)
    if (found === undefined) throw new Error(`no VM is called ${name}`)
    return found
  }

  #member(name: string): Member<GuestCalls> {
    return this.#crew.guests[this.#guest(name).index]
  }

  #sent(): number {
    return this.#crew.guests.reduce((sum, guest) => sum + (guest.word(Status.sent) >>> 0), 0)
  }

  /** Waits for something in the threads' words; what does not come is a finding. */
  async #until(spec: PhaseSpec, what: string, done: () => boolean): Promise<void> {
    const limit = performance.now() + PATIENCE_MS
    while (!done()) {
      if (performance.now() > limit) {
        this.#findings.push(`phase ${spec.name}: ${what}: ${PATIENCE_MS / 1000} s have passed`)
        return
      }
      await sleep(LOOK_MS)
    }
  }
}

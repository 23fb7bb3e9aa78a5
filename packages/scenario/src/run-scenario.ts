import { VirtualScheduler } from '@npa/core'
import type { Trace } from '@npa/core'
import type { CostProfile } from './cost/profiles.js'
import { collectDrops } from './drops.js'
import { StreamConnection } from './guest/connection.js'
import { judge } from './judge.js'
import { PhaseMeter } from './phases/phase-meter.js'
import { runUntil } from './phases/phase-run.js'
import type { PhaseRun } from './phases/phase-run.js'
import { replayPhase } from './phases/replay-phase.js'
import { streamPhase } from './phases/stream-phase.js'
import type { StreamResult } from './phases/stream-phase.js'
import { SwitchPlan } from './phases/switch-plan.js'
import type { CaptureOutput, Progress } from './recording.js'
import type { PhaseResult, SwitchResult, VirtualResult } from './result.js'
import type { PhaseSpec, Scenario, StreamSpec } from './schema/scenario-schema.js'
import { Simulation } from './simulation.js'

export interface RunOptions {
  readonly scenario: Scenario
  /** Capture files (pcap) by the names that the scenario's replays give them. */
  readonly captures?: ReadonlyMap<string, Uint8Array>
  /** Takes a line for every control event: virtual ns, component, event. */
  readonly trace?: (line: string) => void
  readonly capture?: CaptureOutput
  readonly progress?: Progress
  readonly costs?: CostProfile
  /** Called with the simulation before it starts, to look into it or to break it on purpose. */
  readonly prepare?: (simulation: Simulation) => void
  /** Called when a phase begins. */
  readonly onPhase?: (spec: PhaseSpec, simulation: Simulation) => void
}

/** Virtual time in which a frame that is still under way when a phase's work is done must arrive, or is lost. */
const SETTLE_NS = 5e6

const noProgress: Progress = { phase: () => undefined, frames: () => undefined }

/** Runs a scenario from power-on to power-off, in virtual time, and judges it. */
export function runScenario(options: RunOptions): VirtualResult {
  return new ScenarioRun(options).run()
}

class ScenarioRun {
  readonly #options: RunOptions
  readonly #simulation: Simulation
  readonly #findings: string[] = []
  readonly #trace: Trace | undefined
  readonly #connections = new Map<string, StreamConnection>()
  readonly #switches: SwitchResult[] = []
  /** Mode switches of each VM that are in the report. */
  readonly #reported = new Map<string, number>()

  constructor(options: RunOptions) {
    this.#options = options
    const line = options.trace
    const trace: Trace | undefined =
      line === undefined
        ? undefined
        : {
            event: (component, what) => {
              line(`${this.#simulation.scheduler.nowNs()} ${component} ${what}`)
            },
          }
    this.#trace = trace
    this.#simulation = new Simulation({
      scenario: options.scenario,
      scheduler: new VirtualScheduler(),
      ...(trace !== undefined && { trace }),
      ...(options.capture !== undefined && { capture: options.capture }),
      ...(options.costs !== undefined && { costs: options.costs }),
    })
  }

  run(): VirtualResult {
    const { scenario } = this.#options
    const simulation = this.#simulation
    this.#options.prepare?.(simulation)
    const phases = scenario.phases.map((spec, index) => this.#phase(spec, index))
    for (const connection of this.#connections.values()) this.#findings.push(...connection.findings())
    const payloads = [...this.#connections.values()].flatMap((connection) => connection.payloads)
    const drops = collectDrops(simulation.components)
    const leaks = this.#shutDown()
    const { foreign } = this.#simulation.oracle.counts()
    this.#findings.push(...judge({ phases, drops, leaks, foreign }))
    return {
      version: 0,
      seed: scenario.seed,
      clock: 'virtual',
      phases,
      switches: this.#switches,
      payloads,
      drops,
      leaks: Object.values(leaks).reduce((sum, count) => sum + count, 0),
      verdict: this.#findings.length === 0 ? 'pass' : 'fail',
      findings: this.#findings,
    }
  }

  #phase(spec: PhaseSpec, index: number): PhaseResult {
    const simulation = this.#simulation
    const progress = this.#options.progress ?? noProgress
    progress.phase(spec.name, index, this.#options.scenario.phases.length)
    this.#options.onPhase?.(spec, simulation)
    this.#trace?.event('scenario', `phase ${spec.name}`)
    const meter = new PhaseMeter(simulation)
    const run: PhaseRun = {
      simulation,
      spec,
      guests: simulation.guests,
      progress,
      findings: this.#findings,
      sent: () => meter.sent,
    }
    if (index === 0) this.#boot(run)
    const stream = this.#work(run)
    const { scheduler, oracle } = simulation
    scheduler.run(() => oracle.outstanding === 0, scheduler.nowNs() + SETTLE_NS)
    this.#reportSwitches(run)
    return meter.result(spec, stream, oracle.settle())
  }

  #boot(run: PhaseRun): void {
    for (const guest of run.guests) guest.shell.open()
    const { hosts } = run.simulation
    runUntil(run, 'a link is down', () => {
      return hosts.every((host) => host.driver.uplink.up) && run.guests.every((guest) => guest.stack.linkUp)
    })
  }

  #work(run: PhaseRun): StreamResult | undefined {
    const { spec } = run
    const plan = new SwitchPlan(run)
    let result: StreamResult | undefined
    if (spec.stream !== undefined) result = streamPhase(run, this.#connection(spec.stream), plan)
    else runUntil(run, `not every VM is in ${spec.mode}`, () => plan.advance())
    for (const name of spec.replay ?? []) {
      const bytes = this.#options.captures?.get(name)
      if (bytes === undefined) throw new RangeError(`the capture ${name} was not given`)
      replayPhase(run, name, bytes)
    }
    this.#checkMode(spec)
    return result
  }

  /** The VMs that switched, or else one of those that the phase names, are where it says. */
  #checkMode(spec: PhaseSpec): void {
    const { guests } = this.#simulation
    const named = spec.switch?.vms ?? spec.stream?.between ?? guests.map(({ name }) => name)
    const astray = named
      .map((name) => this.#simulation.guest(name))
      .filter(({ vm, shell }) => vm.passthrough.mode !== spec.mode || shell.mode !== spec.mode)
    if (astray.length === 0 || (spec.switch === undefined && astray.length < named.length)) return
    for (const { name, vm } of astray) {
      this.#findings.push(`phase ${spec.name}: ${name} is in mode ${vm.passthrough.mode}: ${vm.passthrough.reason}`)
    }
  }

  #connection({ between, message }: StreamSpec): StreamConnection {
    const key = between.join(' ')
    const known = this.#connections.get(key)
    if (known !== undefined) return known
    const [from, to] = between.map((name) => this.#simulation.guest(name))
    const made = new StreamConnection(this.#connections.size, from, to, message, this.#options.scenario.seed)
    this.#connections.set(key, made)
    return made
  }

  #reportSwitches(run: PhaseRun): void {
    for (const { name, vm, stops } of run.guests) {
      const { switches } = vm.passthrough
      for (const one of switches.slice(this.#reported.get(name) ?? 0)) {
        const { from, to, forced, framesHeld, framesDropped, movedNs, doneNs } = one
        // on the way out frames are held, and the VF sends no more, from the move until the emulated path takes over
        const held = to === 'emulated' ? doneNs - movedNs : 0
        const blackoutNs = Math.max(held, stops.around(to === 'emulated' ? doneNs : movedNs))
        this.#switches.push({ vm: name, from, to, forced, blackoutNs, framesHeld, framesDropped })
      }
      this.#reported.set(name, switches.length)
    }
  }

  /** Closes everything; what was not given back, by name. */
  #shutDown(): Record<string, number> {
    const simulation = this.#simulation
    for (const connection of this.#connections.values()) connection.close()
    simulation.scheduler.run(() => false, simulation.scheduler.nowNs() + 1e9)
    return simulation.close()
  }
}

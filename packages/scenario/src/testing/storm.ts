import { randomStream, VirtualScheduler } from '@npa/core'
import type { Random } from '@npa/core'
import { collectDrops } from '../drops.js'
import { StreamConnection } from '../guest/connection.js'
import type { Guest } from '../guest/guest.js'
import { Simulation } from '../simulation.js'
import { smallScenario } from './scenarios.js'

/** What a storm of mode switches came to. */
export interface StormResult {
  /** What is wrong, with the number of the switch at which it showed. */
  readonly findings: string[]
  readonly switches: { readonly total: number; readonly forced: number; readonly into: number }
  readonly lost: number
  readonly dropped: number
  readonly sent: number
}

/** Longest wait for the next switch, and for a second request that falls into it, ns. */
const CALM_NS = 40_000
const INSIDE_NS = 50_000

/**
 * Switches `first` … `first + count - 1` of a seed: at random instants of a stream that runs both ways, a random VM is asked to change sides,
 * now and then by force, and now and then asked something else in the middle of it. Every switch draws from a stream of random numbers of its own,
 * so one that fails can be repeated alone.
 */
export function storm(seed: number, first: number, count: number): StormResult {
  const simulation = new Simulation({ scenario: smallScenario([], seed), scheduler: new VirtualScheduler() })
  const { scheduler, oracle, guests } = simulation
  const findings: string[] = []
  const until = (what: string, done: () => boolean, ns: number): void => {
    if (scheduler.run(done, scheduler.nowNs() + ns) !== 'done') findings.push(what)
  }
  for (const guest of guests) guest.shell.open()
  until('no link', () => simulation.hosts.every((host) => host.driver.uplink.up), 1e9)
  const connection = new StreamConnection(0, guests[0], guests[1], 16384, seed)
  for (let k = first; k < first + count && findings.length === 0; k++) {
    const random = randomStream(seed, `switch ${k}`)
    until(`switch ${k}: the stream stands still`, sentMore(simulation, 20), 5e9)
    wait(simulation, random.below(CALM_NS))
    const guest = guests[random.below(guests.length)]
    ask(guest, random)
    if (random.below(4) === 0) {
      wait(simulation, random.below(INSIDE_NS))
      ask(guest, random)
    }
    until(`switch ${k}: ${guest.name} is stuck in ${guest.vm.passthrough.mode}`, () => settled(guest), 100e6)
    const { duplicated, reordered, foreign } = oracle.counts()
    if (duplicated + reordered + foreign > 0) {
      findings.push(`switch ${k}: ${duplicated} doubled, ${reordered} reordered, ${foreign} foreign`)
    }
  }
  connection.pause()
  until('the stream was not acknowledged', () => connection.quiet, 60e9)
  scheduler.run(() => oracle.outstanding === 0, scheduler.nowNs() + 5e6)
  const sent = oracle.sentFrames
  const lost = oracle.settle()
  findings.push(...connection.findings())
  const drops = Object.entries(collectDrops(simulation.components)).filter(([, n]) => n > 0)
  const dropped = drops.reduce((sum, [, n]) => sum + n, 0)
  if (lost !== dropped) findings.push(`${lost} lost, ${dropped} counted: ${JSON.stringify(Object.fromEntries(drops))}`)
  const records = guests.flatMap((guest) => guest.vm.passthrough.switches)
  return {
    findings: [...findings, ...shutDown(simulation)],
    switches: {
      total: records.length,
      forced: records.filter((one) => one.forced).length,
      into: records.filter((one) => one.to === 'passthrough').length,
    },
    lost,
    dropped,
    sent,
  }
}

function shutDown(simulation: Simulation): string[] {
  const findings: string[] = []
  for (const { name, shell } of simulation.guests) {
    shell.close()
    const { dmaBlocks } = shell.leaks()
    if (dmaBlocks > 0) findings.push(`${name}: ${dmaBlocks} DMA blocks leaked`)
  }
  for (const host of simulation.hosts) {
    for (const [what, n] of Object.entries(host.close())) findings.push(`${what}: ${n} leaked`)
  }
  return findings
}

function sentMore({ oracle }: Simulation, frames: number): () => boolean {
  const from = oracle.sentFrames
  return () => oracle.sentFrames - from >= frames
}

function wait({ scheduler }: Simulation, ns: number): void {
  scheduler.run(() => false, scheduler.nowNs() + ns)
}

function ask(guest: Guest, random: Random): void {
  const { passthrough } = guest.vm
  if (passthrough.mode === 'emulated') passthrough.enter()
  else if (random.below(3) === 0) passthrough.force()
  else passthrough.leave()
}

/** Both halves, hypervisor's and guest's, are at rest and agree. */
function settled({ vm, shell }: Guest): boolean {
  const { mode } = vm.passthrough
  return (mode === 'emulated' || mode === 'passthrough') && shell.state === mode
}

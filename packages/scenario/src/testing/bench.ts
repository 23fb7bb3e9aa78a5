import { VirtualScheduler } from '@npa/core'
import { collectDrops } from '../drops.js'
import { StreamConnection } from '../guest/connection.js'
import type { Guest } from '../guest/guest.js'
import { Simulation } from '../simulation.js'
import { smallScenario } from './scenarios.js'

/** Two hosts with a guest each and a stream between them, run by hand. */
export class Bench {
  readonly simulation: Simulation
  readonly guest: Guest
  readonly #connection: StreamConnection

  constructor(seed = 1) {
    this.simulation = new Simulation({ scenario: smallScenario([], seed), scheduler: new VirtualScheduler() })
    const { guests, hosts } = this.simulation
    this.guest = guests[0]
    for (const guest of guests) guest.shell.open()
    this.until(() => hosts.every((host) => host.driver.uplink.up))
    this.#connection = new StreamConnection(0, guests[0], guests[1], 16384, seed)
    this.flow()
  }

  /** Runs until `done`; throws an `Error` when that does not come within 2 s of virtual time. */
  until(done: () => boolean): void {
    const { scheduler } = this.simulation
    if (scheduler.run(done, scheduler.nowNs() + 2e9) !== 'done') throw new Error('it did not happen')
  }

  /** Runs until the stream has sent 50 more frames. */
  flow(): void {
    const { oracle } = this.simulation
    const from = oracle.sentFrames
    this.until(() => oracle.sentFrames > from + 50)
  }

  /** Stops the stream; what is wrong with it, with the frames, or with what was given back. */
  end(): string[] {
    const { scheduler, oracle, guests, hosts, components } = this.simulation
    this.#connection.pause()
    this.until(() => this.#connection.quiet)
    scheduler.run(() => oracle.outstanding === 0, scheduler.nowNs() + 5e6)
    const { duplicated, reordered, foreign } = oracle.counts()
    const lost = oracle.settle()
    const dropped = Object.values(collectDrops(components)).reduce((sum, n) => sum + n, 0)
    const findings = this.#connection.findings()
    if (duplicated + reordered + foreign > 0)
      findings.push(`${duplicated} doubled, ${reordered} reordered, ${foreign} foreign`)
    if (lost !== dropped) findings.push(`${lost} lost, ${dropped} counted`)
    for (const { name, shell } of guests) {
      shell.close()
      const { dmaBlocks } = shell.leaks()
      if (dmaBlocks > 0) findings.push(`${name}: ${dmaBlocks} DMA blocks leaked`)
    }
    for (const host of hosts) {
      for (const [what, n] of Object.entries(host.close())) findings.push(`${what}: ${n} leaked`)
    }
    return findings
  }
}

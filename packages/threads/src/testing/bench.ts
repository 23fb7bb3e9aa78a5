import { Lane, parseScenario } from '@npa/scenario'
import type { LaneCounts } from '@npa/scenario'
import { Crew } from '../crew.js'
import type { StartWorker } from '../crew.js'
import { createGuestLinks, layOut } from '../plan.js'
import type { GuestPlan, ThreadPlan } from '../plan.js'
import { MODES, Status } from '../status.js'

/** Two hosts; the first one has a second VM, for whom bad things are meant. */
const SCENARIO = `version: 0
memory: 192 MiB
hosts:
  - name: host-a
    nic: { model: intel-82599, vfs: 2 }
    vms:
      - { name: vm-a, mac: '00:50:56:00:00:0a', ip: 10.1.0.1, memory: 32 MiB }
      - { name: victim, mac: '00:50:56:00:00:0c', ip: 10.1.0.3, memory: 32 MiB }
  - name: host-b
    nic: { model: intel-82599, vfs: 1 }
    vms: [{ name: vm-b, mac: '00:50:56:00:00:0b', ip: 10.1.0.2, memory: 32 MiB }]
links:
  - { between: [host-a, host-b], rate: 10 Gb/s, delay: 1 us }
phases:
  - { name: boot, mode: emulated }
`

/** Guests by their index. */
export const A = 0
export const VICTIM = 1
export const B = 2

/** Threads that are told what to do one by one, and what becomes of the stream between A and B meanwhile. */
export class ThreadBench {
  readonly plan: ThreadPlan
  readonly crew: Crew
  readonly guests: readonly GuestPlan[]
  #streams = 0
  #ipOfB = 0

  private constructor(start: StartWorker) {
    this.plan = layOut(parseScenario(SCENARIO, 'bench'), process.hrtime.bigint())
    this.crew = new Crew(this.plan, start)
    this.guests = this.plan.hosts.flatMap((host) => host.guests)
  }

  /** All links are up, and a stream runs both ways between A and B: its number is 0. */
  static async start(start: StartWorker): Promise<ThreadBench> {
    const bench = new ThreadBench(start)
    await Promise.all([bench.#open(A), bench.#open(VICTIM)])
    bench.#ipOfB = await bench.#open(B)
    await bench.until(() => bench.crew.hosts.every((host) => host.word(Status.link) === 1))
    await bench.stream(A)
    return bench
  }

  async #open(guest: number): Promise<number> {
    const ip = await this.live(this.crew.guests[guest].call('open'))
    await this.until(() => this.crew.guests[guest].word(Status.link) === 1)
    return ip
  }

  /** Starts a stream from a guest to B. */
  async stream(from: number): Promise<void> {
    const options = { number: this.#streams++, message: 16384, seed: 1 }
    await this.live(this.crew.guests[B].call('listen', options))
    await this.live(this.crew.guests[from].call('connect', this.#ipOfB, options))
  }

  /** What a thread answers, or the error with which one died. */
  live<Value>(answer: Promise<Value>): Promise<Value> {
    return Promise.race([answer, this.crew.failure])
  }

  /** Waits until something shows in the threads' words. */
  async until(done: () => boolean): Promise<void> {
    const turn = async (): Promise<void> => {
      while (!done()) await new Promise((resolve) => void setImmediate(resolve))
    }
    await this.live(turn())
  }

  /** Waits until a guest has sent some more frames. */
  async sendsMore(guest: number, frames: number): Promise<void> {
    const from = this.crew.guests[guest].word(Status.sent)
    await this.until(() => this.crew.guests[guest].word(Status.sent) - from >= frames)
  }

  /** Mode of a guest as its host has it; undefined on the way. */
  mode(guest: number): (typeof MODES)[number] | undefined {
    const { host, slot } = this.guests[guest]
    const index = this.crew.hosts[host].word(Status.vmMode + slot)
    return index < 0 ? undefined : MODES[index]
  }

  ask(guest: number, to: 'emulated' | 'passthrough'): Promise<void> {
    const { host, slot } = this.guests[guest]
    return this.live(this.crew.hosts[host].call('ask', slot, to, false))
  }

  /** Ends the victim's thread where it is, and lets its host find that it is gone. What the VM did not give back. */
  async kill(): Promise<Record<string, number>> {
    const { host, slot } = this.guests[VICTIM]
    await this.crew.guests[VICTIM].end()
    return this.live(this.crew.hosts[host].call('removeVm', slot))
  }

  /** A new VM and thread in the victim's place. */
  async revive(): Promise<void> {
    const guest = this.guests[VICTIM]
    createGuestLinks(this.plan.links, guest)
    await this.live(this.crew.nics[guest.host].call('replug', guest.slot))
    await this.live(this.crew.hosts[guest.host].call('addVm', guest.slot))
    this.crew.restartGuest(guest)
    await this.#open(VICTIM)
  }

  /** Ends the stream between A and B; what became of its frames, and what is wrong with it. */
  async end(): Promise<{ readonly counts: LaneCounts; readonly lost: number; readonly findings: readonly string[] }> {
    const { guests } = this.crew
    const ends = [guests[A], guests[B]]
    await Promise.all(ends.map((guest) => this.live(guest.call('pause'))))
    await this.until(() => guests[A].word(Status.quiet) === 1)
    await this.live(this.crew.settle())
    const logs = await Promise.all(ends.map((guest) => this.live(guest.call('logs'))))
    const counts = { sent: 0, delivered: 0, duplicated: 0, reordered: 0, foreign: 0 }
    let lost = 0
    for (const [from, to] of [
      [0, 1],
      [1, 0],
    ]) {
      const lane = new Lane()
      const number = this.guests.length * [A, B][from] + [A, B][to]
      for (const print of logs[from][number].sent) lane.sent(print)
      for (const print of logs[to][number].delivered) lane.delivered(print)
      lost += lane.settle()
      for (const key of Object.keys(counts) as (keyof LaneCounts)[]) counts[key] += lane.counts[key]
    }
    return { counts, lost, findings: await this.live(guests[A].call('findings')) }
  }
}

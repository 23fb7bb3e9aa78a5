import { Worker } from 'node:worker_threads'
import type { WorkerOptions } from 'node:worker_threads'
import { cableRings } from '@npa/remote'
import { Doorbell, SpscRing } from '@npa/ring-datapath'
import type { GuestCalls, HostCalls, Later, NicCalls } from './calls.js'
import type { GuestPlan, ThreadPlace, ThreadPlan } from './plan.js'
import type { Answer, Call } from './role-thread.js'
import { sleep } from './sleep.js'
import { NEVER, Status, STATUS_BYTES } from './status.js'
import type { Order } from './worker.js'

/** A timer that is due so soon, ms, belongs to what is under way: throttles and drivers' waits, not TCP's. */
const SOON_MS = 20
/** Between two looks that must be equal, ms. */
const QUIET_MS = 2

/** Starts a thread of this package's worker script. */
export type StartWorker = (options: WorkerOptions) => Worker

/** The script that stands beside this file. */
export const startWorker: StartWorker = (options) => new Worker(new URL('./worker.js', import.meta.url), options)

type AnswerOf<Result> = Result extends Later<infer Value> ? Value : Result
type Functions<Calls> = { [Name in keyof Calls]: (...args: never[]) => unknown }

/** One thread of a run, as the coordinator has it. */
export class Member<Calls extends Functions<Calls>> {
  readonly name: string
  readonly status: Int32Array
  readonly worker: Worker
  readonly #bell: Doorbell
  readonly #answers = new Map<number, (value: unknown) => void>()
  #calls = 0
  #ended = false

  constructor(plan: ThreadPlan, place: ThreadPlace, worker: Worker, failed: (error: Error) => void) {
    this.name = place.name
    this.status = new Int32Array(plan.links, place.status, STATUS_BYTES / 4)
    this.worker = worker
    this.#bell = new Doorbell(plan.links, place.bell)
    worker.on('message', ({ id, value }: Answer) => {
      this.#answers.get(id)?.(value)
      this.#answers.delete(id)
    })
    worker.on('error', (error) => {
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error)
      failed(new Error(`the thread of ${place.name} failed: ${what}`))
    })
    worker.on('exit', (code) => {
      if (!this.#ended) failed(new Error(`the thread of ${place.name} ended with code ${code} before the run did`))
    })
  }

  /** A word of its status. */
  word(word: number): number {
    return Atomics.load(this.status, word)
  }

  /** It sleeps, nobody has woken it, and no timer of its is due before an instant, ms since the start. */
  sleepsBeyond(ms: number): boolean {
    if (this.word(Status.idle) === 0 || this.#bell.hasRung(this.word(Status.ticket))) return false
    const deadline = this.word(Status.deadlineMs)
    return deadline === NEVER || deadline > ms
  }

  /** Lets the thread answer a call between two turns of its work. */
  call<Name extends keyof Calls & string>(
    name: Name,
    ...args: Parameters<Calls[Name]>
  ): Promise<AnswerOf<ReturnType<Calls[Name]>>> {
    const call: Call = { id: ++this.#calls, name, args }
    return new Promise((resolve) => {
      this.#answers.set(call.id, resolve as (value: unknown) => void)
      this.worker.postMessage(call)
      Atomics.add(this.status, Status.commands, 1)
      this.#bell.ring()
    })
  }

  /** Ends the thread wherever it is. */
  async end(): Promise<void> {
    this.#ended = true
    await this.worker.terminate()
  }
}

/** All threads of a run. One that dies takes the others along: `failure` rejects with one error, and everything ends. */
export class Crew {
  readonly plan: ThreadPlan
  readonly nics: readonly Member<NicCalls>[]
  readonly hosts: readonly Member<HostCalls>[]
  readonly guests: Member<GuestCalls>[]
  /** Rejects when a thread dies; never resolves. */
  readonly failure: Promise<never>
  readonly #start: StartWorker
  /** Every ring of every link. */
  readonly #rings: readonly SpscRing[]
  #fail: (error: Error) => void = () => undefined

  constructor(plan: ThreadPlan, start: StartWorker) {
    this.plan = plan
    this.#start = start
    this.#rings = [
      ...plan.cables.flatMap(({ at }) => cableRings(at)),
      ...plan.hosts.flatMap(({ requests, messages, guests }) => [
        requests,
        messages,
        ...guests.flatMap((guest) => [guest.requests, guest.messages, guest.registers, guest.interrupts]),
      ]),
    ].map((at) => SpscRing.attach(plan.links, at))
    this.failure = new Promise((_, reject) => {
      this.#fail = (error) => {
        reject(error)
        void this.end()
      }
    })
    // whoever waits for it hears of it; nobody has to
    this.failure.catch(() => undefined)
    this.nics = plan.hosts.map(({ nic }, index) => this.#member(nic, { plan, role: 'nic', index }))
    this.hosts = plan.hosts.map(({ thread }, index) => this.#member(thread, { plan, role: 'host', index }))
    this.guests = plan.hosts.flatMap(({ guests }) => guests.map((guest) => this.#guest(guest)))
  }

  get members(): readonly Pick<Member<NicCalls>, 'name' | 'status' | 'worker' | 'word' | 'sleepsBeyond' | 'end'>[] {
    return [...this.nics, ...this.hosts, ...this.guests]
  }

  /** A new thread for a guest, whose links were made anew. */
  restartGuest(guest: GuestPlan): Member<GuestCalls> {
    const member = this.#guest(guest)
    this.guests[guest.index] = member
    return member
  }

  /** Ends all threads. */
  async end(): Promise<void> {
    await Promise.all(this.members.map((member) => member.end()))
  }

  #guest(guest: GuestPlan): Member<GuestCalls> {
    return this.#member(guest.thread, { plan: this.plan, role: 'guest', index: guest.index })
  }

  #member<Calls extends Functions<Calls>>(place: ThreadPlace, order: Order): Member<Calls> {
    const worker = this.#start({ workerData: order, name: place.name })
    return new Member<Calls>(this.plan, place, worker, (error) => this.#fail(error))
  }

  /**
   * Waits until nothing is under way: twice in a row every thread sleeps and was not woken, none has a timer due soon, every link is
   * empty, and no thread has been awake between the two looks. What has not arrived then is lost, however slow the machine is.
   */
  async settle(): Promise<void> {
    while (!(await this.settled()));
  }

  /** Whether nothing is under way: then nothing will come any more. */
  async settled(): Promise<boolean> {
    const before = this.#sleeps
    const quiet = this.#isQuiet()
    await sleep(QUIET_MS)
    return quiet && this.#isQuiet() && before === this.#sleeps
  }

  #isQuiet(): boolean {
    if (this.#rings.some((ring) => ring.consumer().peek(1) > 0)) return false
    const nowMs = Number(process.hrtime.bigint() - this.plan.startNs) / 1e6
    return this.members.every((member) => member.sleepsBeyond(nowMs + SOON_MS))
  }

  /** What changes whenever a thread has been awake. */
  get #sleeps(): string {
    return this.members.map((member) => member.word(Status.sleeps)).join()
  }
}

import { readFileSync } from 'node:fs'
import { parentPort, receiveMessageOnPort } from 'node:worker_threads'
import { Arena } from '@npa/memory'
import { ThreadScheduler } from '@npa/remote'
import { Doorbell } from '@npa/ring-datapath'
import type { CommonCalls, Later } from './calls.js'
import type { ArenaPart, ThreadPlace, ThreadPlan } from './plan.js'
import { runClock } from './run-clock.js'
import { NEVER, Status, STATUS_BYTES } from './status.js'

/** A call of the coordinator's, and the answer to it. */
export interface Call {
  readonly id: number
  readonly name: string
  readonly args: readonly unknown[]
}
export interface Answer {
  readonly id: number
  readonly value: unknown
}

/** What a thread of any role consists of: a scheduler on a bell, its part of the arena, its words, the coordinator's calls. */
export class RoleThread {
  readonly plan: ThreadPlan
  readonly scheduler: ThreadScheduler
  readonly arena: Arena
  readonly status: Int32Array
  #calls = 0
  #sleeps = 0
  /** Called before each sleep and each answer: writes the words that the role has. */
  publish: () => void = () => undefined

  constructor(plan: ThreadPlan, place: ThreadPlace, part: ArenaPart) {
    this.plan = plan
    this.status = new Int32Array(plan.links, place.status, STATUS_BYTES / 4)
    this.arena = new Arena(plan.memory, part.start, part.end)
    this.scheduler = new ThreadScheduler(runClock(plan.startNs), new Doorbell(plan.links, place.bell), {
      idle: (deadlineNs, ticket) => this.#idle(deadlineNs, ticket),
      busy: () => Atomics.store(this.status, Status.idle, 0),
    })
  }

  /** The bell of another thread. */
  bell(place: ThreadPlace): Doorbell {
    return new Doorbell(this.plan.links, place.bell)
  }

  set(word: number, value: number): void {
    Atomics.store(this.status, word, value)
  }

  /** Answers the coordinator's calls, and works, for ever: the thread ends when it is terminated. */
  run(calls: object): void {
    this.scheduler.source(() => this.#serve(calls as Answering))
    this.scheduler.source(() => {
      this.publish()
      return false
    })
    this.scheduler.run()
  }

  #serve(calls: Answering): boolean {
    const sent = Atomics.load(this.status, Status.commands)
    if (sent === this.#calls) return false
    this.#calls = sent
    for (;;) {
      const received = parentPort === null ? undefined : receiveMessageOnPort(parentPort)
      if (received === undefined) return true
      const { id, name, args } = received.message as Call
      const result = calls[name](...args)
      if (isLater(result)) result((value) => this.#answer(id, value))
      else this.#answer(id, result)
    }
  }

  #answer(id: number, value: unknown): void {
    this.publish()
    const answer: Answer = { id, value }
    parentPort?.postMessage(answer)
  }

  #idle(deadlineNs: number, ticket: number): void {
    const ms = deadlineNs === Infinity ? NEVER : Math.min(NEVER - 1, Math.floor(deadlineNs / 1e6))
    Atomics.store(this.status, Status.deadlineMs, ms)
    Atomics.store(this.status, Status.ticket, ticket)
    Atomics.store(this.status, Status.sleeps, ++this.#sleeps)
    Atomics.store(this.status, Status.idle, 1)
  }
}

/** The calls of a role, by name: what the coordinator can ask for is checked where it asks. */
type Answering = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>

function isLater(result: unknown): result is Later<unknown> {
  return typeof result === 'function'
}

/** What every role answers. */
export const common: CommonCalls = { cpuNs: threadCpuNs }

/** Processor time of this thread: the first number of its schedstat (Linux, Documentation/scheduler/sched-stats.rst). */
function threadCpuNs(): number | undefined {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[0])
  } catch {
    return undefined
  }
}

import { TaskQueue, TimerHeap } from '@npa/core'
import type { Clock, Task, TaskSource, Timer } from '@npa/core'
import type { Doorbell } from '@npa/ring-datapath'

/** Turns of tasks, and timers, before the links are looked at again. */
const TURNS = 32
const TIMERS = 64

/** Looks for work without finding any before the thread sleeps. */
const LOOKS = 8

/** Longest sleep, ms. */
const LONGEST_MS = 1000

/** Is told what the thread does: work, or sleep until a deadline (`Infinity`: none) or until its bell rings after the ticket. */
export interface ThreadMonitor {
  busy(): void
  idle(deadlineNs: number, ticket: number): void
}

/**
 * Real time in a worker thread: looks at the thread's links, runs tasks in turn, fires timers that are due, and sleeps on the
 * thread's bell when there is nothing of that. Timers are never early.
 */
export class ThreadScheduler implements Clock, TaskSource {
  readonly nowNs: () => number
  readonly #bell: Doorbell
  readonly #monitor: ThreadMonitor
  readonly #timers: TimerHeap
  readonly #tasks = new TaskQueue()
  readonly #sources: (() => boolean)[] = []
  #stopped = false

  /** `nowNs` is the time in whole nanoseconds since a start that all threads share; whoever has work for this thread rings `bell`. */
  constructor(nowNs: () => number, bell: Doorbell, monitor: ThreadMonitor) {
    this.nowNs = nowNs
    this.#bell = bell
    this.#monitor = monitor
    this.#timers = new TimerHeap(nowNs)
  }

  timer(name: string, fire: () => void): Timer {
    return this.#timers.timer(name, fire)
  }

  task(name: string, run: (budget: number) => boolean): Task {
    return this.#tasks.task(name, run)
  }

  /** Adds something to look at in every turn; `poll` does a bounded amount of its work and returns true when there was any. */
  source(poll: () => boolean): void {
    this.#sources.push(poll)
  }

  /** Ends `run` after the turn that it is in. */
  stop(): void {
    this.#stopped = true
  }

  /** Runs until `stop`. */
  run(): void {
    this.#stopped = false
    while (!this.#stopped) {
      if (this.#look()) continue
      const ticket = this.#bell.prepare()
      if (this.#turn()) {
        this.#bell.cancel()
        continue
      }
      const { nextNs } = this.#timers
      const ms = (nextNs - this.nowNs()) / 1e6
      this.#monitor.idle(nextNs, ticket)
      if (ms > 0) this.#bell.wait(ticket, Math.min(ms, LONGEST_MS))
      else this.#bell.cancel()
      this.#monitor.busy()
    }
  }

  #look(): boolean {
    for (let look = 0; look < LOOKS; look++) if (this.#turn()) return true
    return false
  }

  /** Does a bounded amount of what there is to do; false when there was nothing. */
  #turn(): boolean {
    let worked = false
    for (const poll of this.#sources) if (poll()) worked = true
    for (let turns = Math.min(this.#tasks.length, TURNS); turns > 0; turns--) {
      this.#tasks.turn()
      worked = true
    }
    if (this.#timers.nextNs === Infinity) return worked
    const now = this.nowNs()
    for (let fired = 0; fired < TIMERS && this.#timers.nextNs <= now; fired++) {
      this.#timers.fire()
      worked = true
    }
    return worked
  }
}

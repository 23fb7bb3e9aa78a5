import type { Clock, Timer } from './clock.js'
import type { Task, TaskSource } from './task.js'
import { TaskQueue } from './task-queue.js'
import { TimerHeap } from './timer-heap.js'

/** Turns at one instant after which the run is taken to be stuck: far above what any real burst needs. */
const STUCK_AFTER = 5_000_000

/**
 * Virtual time, one thread: runs every runnable task in turn, and when none is left moves the clock to the next timer. The same
 * program and inputs give the same run on every machine.
 */
export class VirtualScheduler implements Clock, TaskSource {
  #now = 0
  readonly #timers = new TimerHeap(() => this.#now)
  readonly #tasks = new TaskQueue()

  nowNs(): number {
    return this.#now
  }

  timer(name: string, fire: () => void): Timer {
    return this.#timers.timer(name, fire)
  }

  task(name: string, run: (budget: number) => boolean): Task {
    return this.#tasks.task(name, run)
  }

  /**
   * Runs until `done` holds (checked between turns), nothing is left to do, or time would pass `limitNs`.
   * Throws an `Error` that names the busy tasks when an instant does not end.
   */
  run(done: () => boolean, limitNs: number): 'done' | 'idle' | 'limit' {
    let turns = 0
    while (!done()) {
      if (this.#tasks.length > 0) {
        if (++turns > STUCK_AFTER) throw this.#stuck(this.#tasks.names)
        this.#tasks.turn()
        continue
      }
      const { nextNs } = this.#timers
      if (nextNs === Infinity) return 'idle'
      if (nextNs > limitNs) {
        this.#now = Math.max(this.#now, limitNs)
        return 'limit'
      }
      if (nextNs > this.#now) {
        this.#now = nextNs
        turns = 0
      } else if (++turns > STUCK_AFTER) throw this.#stuck(this.#timers.nextName)
      this.#timers.fire()
    }
    return 'done'
  }

  #stuck(busy: string): Error {
    return new Error(`time stands still at ${this.#now} ns: ${busy} keep each other busy`)
  }
}

import type { Clock, Poller, Task, TaskSource, Timer } from '@npa/core'

const BUDGET = 64

/** A driver's bottom half: `latencyNs` after `schedule` it polls, and again at once while it found a full budget of work. */
export class ScheduledPoller implements Poller {
  readonly #clock: Clock
  readonly #latencyNs: number
  readonly #task: Task
  readonly #timer: Timer | undefined
  #scheduled = false

  constructor(name: string, poll: (budget: number) => number, clock: Clock, tasks: TaskSource, latencyNs: number) {
    this.#clock = clock
    this.#latencyNs = latencyNs
    this.#task = tasks.task(name, () => {
      this.#scheduled = false
      if (poll(BUDGET) < BUDGET) return false
      // Scheduled from inside the poll or not: it goes on now.
      this.#timer?.cancel()
      this.#scheduled = true
      return true
    })
    this.#timer = latencyNs > 0 ? clock.timer(name, () => this.#task.kick()) : undefined
  }

  schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    if (this.#timer === undefined) this.#task.kick()
    else this.#timer.arm(this.#clock.nowNs() + this.#latencyNs)
  }
}

import { randomStream } from '@npa/core'
import type { Clock } from '@npa/core'
import { UserError } from '../user-error.js'
import type { FaultBoard } from './fault-board.js'
import type { Schedule, ScheduledFault } from './fault-schema.js'

/** How often counts are compared with what entries wait for. */
const LOOK_NS = 1e6

/** What is counted of a function, by name. */
export type CountsOf = (name: string) => Readonly<Record<string, number>> | undefined

/**
 * Begins faults as a schedule says. Its time starts when the first client comes: what happens before depends on nobody's driver. Instants are drawn
 * from the schedule's seed, a stream for each entry.
 */
export class ScheduleRunner {
  readonly #board: FaultBoard
  readonly #clock: Clock
  readonly #counts: CountsOf
  readonly #schedule: Schedule
  readonly #failed: (what: string) => void
  #started = false

  /** `failed` is told of a fault that this card cannot have. */
  constructor(
    schedule: Schedule,
    parts: { board: FaultBoard; clock: Clock; counts: CountsOf; failed: (what: string) => void },
  ) {
    this.#schedule = schedule
    this.#board = parts.board
    this.#clock = parts.clock
    this.#counts = parts.counts
    this.#failed = parts.failed
  }

  /** The first client has come; later ones change nothing. */
  start(): void {
    if (this.#started) return
    this.#started = true
    for (const [n, entry] of this.#schedule.faults.entries()) this.#arm(entry, n)
  }

  #arm(entry: ScheduledFault, n: number): void {
    const random = randomStream(this.#schedule.seed, `entry ${n}`)
    const { at, between, after, repeat = 1, every = 0, ...request } = entry
    let left = repeat
    const begin = (): void => {
      try {
        // Each time by a seed of its own, the same in every run.
        this.#board.begin({ ...request, seed: request.seed ?? random.u32() })
      } catch (error) {
        if (!(error instanceof UserError)) throw error
        this.#failed(`faults[${n}]: ${error.message}`)
        return
      }
      left--
      if (left > 0) timer.arm(this.#clock.nowNs() + every)
    }
    const timer = this.#clock.timer('schedule', begin)
    if (after !== undefined) {
      this.#watch(entry, after, begin)
      return
    }
    const [from, to] = between ?? [at ?? 0, at ?? 0]
    timer.arm(this.#clock.nowNs() + from + Math.floor((random.u32() / 2 ** 32) * (to - from)))
  }

  /** Begins once the function's count has reached its number. */
  #watch(entry: ScheduledFault, after: NonNullable<ScheduledFault['after']>, begin: () => void): void {
    const look = (): void => {
      const counts = this.#counts(entry.function ?? 'pf')
      const reached = Object.entries(after).every(([what, count]) => (counts?.[what] ?? 0) >= count)
      if (reached) begin()
      else timer.arm(this.#clock.nowNs() + LOOK_NS)
    }
    const timer = this.#clock.timer('watch', look)
    look()
  }
}

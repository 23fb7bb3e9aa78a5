import type { Clock } from '@npa/core'

interface Stop {
  readonly fromNs: number
  toNs: number
}

/** Notes when a driver takes no frames from its stack. */
export class StopWatch {
  readonly #clock: Clock
  readonly #stops: Stop[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A stop that follows another at once is the same. */
  flow(open: boolean): void {
    const nowNs = this.#clock.nowNs()
    const last = this.#stops.at(-1)
    if (open) {
      if (last !== undefined) last.toNs = nowNs
    } else if (last?.toNs === nowNs) last.toNs = Infinity
    else this.#stops.push({ fromNs: nowNs, toNs: Infinity })
  }

  /** How long the stop around an instant was, as far as it has come; 0 when frames were taken then. */
  around(instantNs: number): number {
    const stop = this.#stops.find(({ fromNs, toNs }) => fromNs <= instantNs && instantNs <= toNs)
    return stop === undefined ? 0 : Math.min(stop.toNs, this.#clock.nowNs()) - stop.fromNs
  }
}

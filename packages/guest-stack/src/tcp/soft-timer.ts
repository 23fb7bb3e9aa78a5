import type { Clock, Timer } from '@npa/core'

/**
 * A deadline that moves with every segment. The clock's timer is only armed when none earlier is: when that one fires too
 * early, it is armed again. So a busy connection costs the clock nothing per segment.
 */
export class SoftTimer {
  /** `Infinity` while unset. */
  deadlineNs: number = Infinity
  readonly #clock: Clock
  readonly #timer: Timer

  constructor(clock: Clock, name: string, fire: () => void) {
    this.#clock = clock
    this.#timer = clock.timer(name, () => {
      if (this.deadlineNs > clock.nowNs()) {
        if (this.deadlineNs !== Infinity) this.#timer.arm(this.deadlineNs)
        return
      }
      this.deadlineNs = Infinity
      fire()
    })
  }

  get set(): boolean {
    return this.deadlineNs !== Infinity
  }

  /** Fires `delayNs` from now. */
  start(delayNs: number): void {
    this.deadlineNs = this.#clock.nowNs() + delayNs
    if (this.deadlineNs < this.#timer.deadlineNs) this.#timer.arm(this.deadlineNs)
  }

  clear(): void {
    this.deadlineNs = Infinity
  }

  /** Clears it for good: the clock's timer too. */
  end(): void {
    this.deadlineNs = Infinity
    this.#timer.cancel()
  }
}

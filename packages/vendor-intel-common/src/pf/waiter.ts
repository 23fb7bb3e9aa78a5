import type { Clock, Timer } from '@npa/core'

/** Waits for hardware by timer, one wait at a time: a driver never spins. */
export class Waiter {
  readonly #clock: Clock
  readonly #timer: Timer
  #then: (() => void) | undefined

  constructor(clock: Clock, name: string) {
    this.#clock = clock
    this.#timer = clock.timer(name, () => {
      const then = this.#then
      this.#then = undefined
      then?.()
    })
  }

  /** Calls `then` after `ns`, from the scheduler. */
  wait(ns: number, then: () => void): void {
    this.#then = then
    this.#timer.arm(this.#clock.nowNs() + ns)
  }

  /**
   * Calls `then(true)` when `ready` holds: inside this call if it does now, else looking again each `everyNs`, `tries` times; after
   * that `then(false)`.
   */
  until(ready: () => boolean, everyNs: number, tries: number, then: (ok: boolean) => void): void {
    if (ready()) then(true)
    else if (tries === 0) then(false)
    else {
      this.wait(everyNs, () => {
        this.until(ready, everyNs, tries - 1, then)
      })
    }
  }

  cancel(): void {
    this.#timer.cancel()
    this.#then = undefined
  }
}

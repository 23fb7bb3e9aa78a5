import type { DriverPlatform, Poller } from '@npa/core'
import type { BufferPool } from './buffer-pool.js'
import type { Datapath } from './datapath.js'
import { RX_BATCH } from './rx-batch.js'

export interface QueueInterruptsParts {
  readonly platform: DriverPlatform
  readonly datapath: Datapath
  readonly pool: BufferPool
  readonly queuePairs: number
  /** Frames may have been completed. */
  readonly sent: () => void
}

/** Interrupt vector i serves queue pair i, whichever plugin is current: the handler masks, the poller works and unmasks. */
export class QueueInterrupts {
  readonly #parts: QueueInterruptsParts
  readonly #pollers: readonly Poller[]

  constructor(parts: QueueInterruptsParts) {
    const { platform, datapath, queuePairs } = parts
    this.#parts = parts
    this.#pollers = Array.from({ length: queuePairs }, (_, index) => {
      return platform.poller(`vmxnet3-queue-${index}`, (budget) => this.#poll(index, budget))
    })
    this.#pollers.forEach((poller, index) => {
      platform.irq(index, () => {
        datapath.host?.disableInterrupt(index)
        poller.schedule()
      })
    })
  }

  /** Polls every queue soon, as if each had interrupted. */
  schedule(): void {
    for (const poller of this.#pollers) poller.schedule()
  }

  #poll(index: number, budget: number): number {
    const { datapath, pool } = this.#parts
    const full = Math.min(budget, RX_BATCH)
    const frames = this.#round(index, full)
    const { host } = datapath
    if (host === undefined) return frames
    if (host.starved(index)) pool.whenFreed(() => this.schedule())
    if (frames === full) return budget
    host.enableInterrupt(index)
    // what came between the last look and the unmasking may have raised nothing
    if (this.#round(index, full) < full) return frames
    host.disableInterrupt(index)
    return budget
  }

  #round(index: number, budget: number): number {
    const frames = this.#parts.datapath.poll(index, budget)
    this.#parts.sent()
    return frames
  }
}

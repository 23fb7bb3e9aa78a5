import type { Counters } from '@npa/core'
import { TxQueue as Entry, TxStat } from '@npa/vmxnet3-spec'
import type { Bus } from './bus.js'
import { CompletionRing } from './completion-ring.js'
import { QueueStatus } from './queue-status.js'
import { Segmenter } from './segmenter.js'
import { TxRing } from './tx-ring.js'
import { TX_STAT_NAMES, UptStats } from './upt-stats.js'

/** One transmit queue: its rings, status and statistics. */
export class TxQueue {
  readonly ring: TxRing
  readonly segmenter: Segmenter
  readonly completions: CompletionRing
  readonly stats: UptStats
  readonly status: QueueStatus
  interrupt = 0
  /** A completion was written since the interrupt. */
  completed = false

  /** `window`, `headers` and `scratch`: see `TxRing`, `Segmenter` and `CompletionRing`. */
  constructor(bus: Bus, window: number, headers: number, scratch: number, counters: Counters) {
    this.ring = new TxRing(bus, window)
    this.segmenter = new Segmenter(bus, this.ring, headers)
    this.completions = new CompletionRing(bus, scratch)
    this.stats = new UptStats(counters, TX_STAT_NAMES)
    this.status = new QueueStatus(bus, Entry.stopped, Entry.error)
  }

  /** Stops for good after a chain that makes no sense: the driver resets the device. */
  fail(code: number): void {
    this.stats.add(TxStat.errors, 1)
    this.status.fail(code)
  }
}

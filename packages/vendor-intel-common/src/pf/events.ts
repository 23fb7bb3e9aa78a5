import type { DriverPlatform, Mmio, Poller } from '@npa/core'
import { CAUSES, Vector } from './bring-up.js'
import type { Operations } from './operations.js'
import type { Pools } from './pools.js'
import * as R from './registers.js'
import type { Uplink } from './uplink.js'

/** What the driver reports to the host; each is called from the scheduler. */
export interface PfEvents {
  readonly link: (up: boolean) => void
  /** The guest of a held VF has reset it. */
  readonly vfReset: (vf: number) => void
  /** The chip stopped a queue: `pool` is a VF's number or the PF's pool, `cause` the bits of LVMMC_RX or LVMMC_TX. */
  readonly malicious: (pool: number, direction: 'rx' | 'tx', cause: number) => void
  /** Frames that the anti-spoof check dropped since the last report. */
  readonly spoofed: (frames: number) => void
  /** The initialisation failed, and where. */
  readonly failed: (problem: string) => void
}

/** Everything that is no traffic: link changes, VFs that were reset, queues that were stopped. */
export class Events {
  readonly #mmio: Mmio
  readonly #pools: Pools
  readonly #uplink: Uplink
  readonly #operations: Operations
  readonly #events: Partial<PfEvents>
  readonly #poller: Poller
  #open = false

  constructor(
    platform: DriverPlatform,
    mmio: Mmio,
    pools: Pools,
    uplink: Uplink,
    operations: Operations,
    events: Partial<PfEvents>,
  ) {
    this.#mmio = mmio
    this.#pools = pools
    this.#uplink = uplink
    this.#operations = operations
    this.#events = events
    this.#poller = platform.poller('other', () => {
      this.#poll()
      return 0
    })
    platform.irq(Vector.other, () => this.#poller.schedule())
  }

  open(): void {
    this.#open = true
    this.#link()
    this.#poller.schedule()
  }

  close(): void {
    this.#open = false
  }

  /** Reads why queues were stopped; reading clears. */
  misbehaviour(): void {
    const rx = this.#mmio.read32(R.LVMMC_RX)
    if (rx !== 0) this.#events.malicious?.(this.#poolOf(R.LMVM_RX), 'rx', rx)
    const tx = this.#mmio.read32(R.LVMMC_TX)
    if (tx !== 0) this.#events.malicious?.(this.#poolOf(R.LMVM_TX), 'tx', tx)
  }

  #poolOf(register: number): number {
    return Math.floor((this.#mmio.read32(register) & R.LMVM_QUEUE) / this.#pools.queuesPerPool)
  }

  #poll(): void {
    if (!this.#open) return
    // EICS shows the causes without clearing them: EICR would take those of the queues' vectors along.
    const causes = this.#mmio.read32(R.EICS) & CAUSES
    this.#mmio.write32(R.EICR, causes)
    if ((causes & R.Cause.linkChange) !== 0) this.#link()
    if ((causes & R.Cause.mailbox) !== 0) this.#vfResets()
    if ((causes & R.Cause.pciException) !== 0) this.misbehaviour()
    this.#mmio.write32(R.EIMS, CAUSES)
  }

  #link(): void {
    // The first read shows what happened, the second what is.
    this.#mmio.read32(R.LINKS)
    const up = (this.#mmio.read32(R.LINKS) & R.LINKS_UP) !== 0
    if (up === this.#uplink.up) return
    this.#uplink.setLink(up)
    this.#events.link?.(up)
  }

  #vfResets(): void {
    const bits = this.#mmio.read32(R.PFVFLRE)
    if (bits === 0) return
    this.#mmio.write32(R.PFVFLREC, bits)
    this.#operations.vfs.forEach((vf) => {
      if (((bits >>> vf.index) & 1) === 0 || !this.#operations.vfWasReset(vf.index)) return
      this.#events.vfReset?.(vf.index)
    })
  }
}

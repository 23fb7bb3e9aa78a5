import type { DriverPlatform, Poller } from '@npa/core'
import { Vector } from './bring-up.js'
import type { Operations } from './operations.js'
import type { Uplink } from './uplink.js'

/** Why the chip stopped a queue. */
export interface Misbehaviour {
  /** The bits of LVMMC_RX, LVMMC_TX or LVMMC. */
  readonly cause: number
  /** A VF's number or the PF's pool, and the side, where the chip tells them. */
  readonly pool?: number
  readonly direction?: 'rx' | 'tx'
}

/** What the driver reports to the host; each is called from the scheduler. */
export interface PfEvents {
  readonly link: (up: boolean) => void
  /** The guest of a held VF has reset it. */
  readonly vfReset: (vf: number) => void
  /** The chip stopped a queue. */
  readonly malicious: (misbehaviour: Misbehaviour) => void
  /** Frames that the anti-spoof check dropped since the last report. */
  readonly spoofed: (frames: number) => void
  /** The initialisation failed, and where. */
  readonly failed: (problem: string) => void
}

/** What `ChipEvents.take` finds, a bit each. */
export const Happened = { link: 1, vfReset: 2, misbehaviour: 4 } as const

/** The registers of a chip that tell what is no traffic. */
export interface ChipEvents {
  /** Reads and clears what happened since the last time: bits of `Happened`. */
  take(): number
  /** Lets the vector fire again. */
  rearm(): void
  linkUp(): boolean
  /** VFs that were reset, a bit each; taken away by this. */
  takeVfResets(): number
  /** Why queues were stopped since the last time. */
  takeMisbehaviour(): readonly Misbehaviour[]
}

/** Everything that is no traffic: link changes, VFs that were reset, queues that were stopped. */
export class Events {
  readonly #chip: ChipEvents
  readonly #uplink: Uplink
  readonly #operations: Operations
  readonly #events: Partial<PfEvents>
  readonly #poller: Poller
  #open = false

  constructor(
    platform: DriverPlatform,
    chip: ChipEvents,
    uplink: Uplink,
    operations: Operations,
    events: Partial<PfEvents>,
  ) {
    this.#chip = chip
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

  /** Reports why queues were stopped. */
  misbehaviour(): void {
    for (const one of this.#chip.takeMisbehaviour()) this.#events.malicious?.(one)
  }

  #poll(): void {
    if (!this.#open) return
    const happened = this.#chip.take()
    if ((happened & Happened.link) !== 0) this.#link()
    if ((happened & Happened.vfReset) !== 0) this.#vfResets()
    if ((happened & Happened.misbehaviour) !== 0) this.misbehaviour()
    this.#chip.rearm()
  }

  #link(): void {
    const up = this.#chip.linkUp()
    if (up === this.#uplink.up) return
    this.#uplink.setLink(up)
    this.#events.link?.(up)
  }

  #vfResets(): void {
    const bits = this.#chip.takeVfResets()
    this.#operations.vfs.forEach((vf) => {
      if (((bits >>> vf.index) & 1) === 0 || !this.#operations.vfWasReset(vf.index)) return
      this.#events.vfReset?.(vf.index)
    })
  }
}

import type { DriverPlatform } from '@npa/core'
import { Cmd, Event } from '@npa/vmxnet3-spec'
import type { Control } from './control.js'
import type { ShellCounters } from './counters.js'
import type { Datapath } from './datapath.js'
import type { ModeSwitch } from './mode-switch.js'
import type { SharedArea } from './shared-area.js'

/** Looks at the event word in one run; a device that never clears it waits for its next interrupt. */
const MOST_ROUNDS = 8

export interface EventsParts {
  readonly platform: DriverPlatform
  readonly control: Control
  readonly shared: SharedArea
  readonly datapath: Datapath
  readonly mode: ModeSwitch
  readonly counters: ShellCounters
  /** The last vector. */
  readonly vector: number
}

/** The event vector: link, queue errors, and changes of the device's implementation (vmxnet3.md §10). */
export class Events {
  /** What GET_QUEUE_STATUS said of the last queue error. */
  lastError: string | undefined
  readonly #parts: EventsParts
  #closed = false

  constructor(parts: EventsParts) {
    const { platform, control, vector } = parts
    this.#parts = parts
    const poller = platform.poller('vmxnet3-events', () => this.#run())
    platform.irq(vector, () => {
      control.mask(vector, true)
      poller.schedule()
    })
  }

  close(): void {
    this.#closed = true
  }

  #run(): number {
    const { control, shared, vector } = this.#parts
    for (let round = 0; round < MOST_ROUNDS && !this.#closed; round++) {
      const events = shared.events()
      if (events === 0) break
      control.acknowledge(events)
      this.#handle(events)
    }
    if (!this.#closed) control.mask(vector, false)
    return 0
  }

  #handle(events: number): void {
    const { control, datapath, mode } = this.#parts
    if ((events & (Event.rxQueueError | Event.txQueueError)) !== 0) this.#queueError()
    if ((events & Event.link) !== 0) datapath.user?.link(control.linkUp())
    if ((events & Event.implementation) !== 0 && !this.#closed) mode.look()
  }

  #queueError(): void {
    const { control, counters, mode, shared } = this.#parts
    control.ask(Cmd.getQueueStatus)
    this.lastError = shared.queues.error()
    counters.add(counters.queueErrors, 1)
    mode.reset()
  }
}

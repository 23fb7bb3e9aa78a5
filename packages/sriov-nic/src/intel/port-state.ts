import { restoreState, saveState } from '@npa/core'
import type { Counters, DeviceTime, StateIo } from '@npa/core'
import type { EndpointFunction } from '@npa/pci'
import type { Ledger } from '../engine/ledger.js'
import type { RegisterFile } from '../engine/register-file.js'
import type { CardLocks } from './card.js'
import { mayCount } from './counter-names.js'
import type { Receive } from './receive.js'
import type { Transmit } from './transmit.js'

/** A part that walks its own state. */
interface Walked {
  walkState(io: StateIo): void
}

/** A port of a chip, as its state is walked. */
export interface PortStateParts {
  /** What a saved state and the port that takes it have to have in common, by name: model, version, options. */
  readonly identity: Readonly<Record<string, string | number | boolean>>
  readonly time: DeviceTime
  readonly locks: CardLocks
  readonly pf: EndpointFunction
  readonly file: RegisterFile
  readonly control: { masterDisabled: boolean }
  readonly rates: Walked
  readonly interrupts: Walked
  readonly receive: Receive
  readonly transmit: Transmit
  readonly counters: Counters
  readonly ledger: Ledger
  /** The parts that only this chip has; when restoring, its registers are there already. */
  own(io: StateIo): void
  /** Takes from the restored registers what parts keep of them in a form of their own. */
  follow(): void
}

/** Saves a port and restores it: the order in which the parts go, the same for every chip. */
export class PortState {
  readonly #parts: PortStateParts

  constructor(parts: PortStateParts) {
    this.#parts = parts
  }

  /** All that the port remembers, as plain data. */
  save(): unknown {
    return saveState((io) => this.#walk(io))
  }

  /** Takes a state over, or throws a `StateError` and the port is as before. */
  restore(untrusted: unknown): void {
    const { time, pf } = this.#parts
    time.hold()
    try {
      restoreState(untrusted, (io) => this.#walk(io))
    } catch (error) {
      time.release(true)
      throw error
    }
    time.release(false)
    pf.restored()
  }

  /** Registers first: most of what the parts do follows from them. */
  #walk(io: StateIo): void {
    const { identity, time, locks, pf, file, control, rates, interrupts, receive, transmit, counters } = this.#parts
    for (const [name, value] of Object.entries(identity)) io.identity(name, value)
    io.part('time', (part) => time.walkState(part))
    io.part('locks', (part) => locks.walkState(part))
    io.part('pf', (part) => pf.walkState(part))
    io.part('registers', (part) => file.walkState(part))
    control.masterDisabled = io.boolean('masterDisabled', control.masterDisabled)
    this.#parts.own(io)
    io.part('rates', (part) => rates.walkState(part))
    if (io.restoring) this.#parts.follow()
    io.part('interrupts', (part) => interrupts.walkState(part))
    io.part('receive', (part) => receive.walkState(part))
    io.part('transmit', (part) => transmit.walkState(part))
    io.part('counters', (part) => counters.walkState(part, mayCount))
    io.consistent('counters', this.#parts.ledger.missing(receive.pending + transmit.wire.fifo.count) === 0)
  }
}

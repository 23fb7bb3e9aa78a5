import type { Counters } from '@npa/core'

/** Why a copy of a frame was lost inside the chip. */
export const LOSSES = [
  'drop.macSpoof',
  'drop.vlanSpoof',
  'drop.linkDown',
  'drop.wireUnfinished',
  'drop.receiveOff',
  'drop.undersize',
  'drop.oversize',
  'drop.poolDisabled',
  'drop.bufferFull',
  'drop.queueOff',
  'drop.queueStopped',
  'drop.noDescriptor',
  'drop.reset',
] as const

export type Loss = (typeof LOSSES)[number]

/**
 * The oracle's books, apart from the chip's own statistics. A frame that enters (from a queue or from the wire) makes a copy for
 * each destination, or one that is filtered when it has none; of `copies`, each ends as exactly one of `delivered`, `wire.out`,
 * `filtered` and the drops, or is still in the chip: in a packet buffer, or in a descriptor that is not written back.
 */
export class Ledger {
  readonly #counters: Counters
  readonly #copies: number
  readonly #delivered: number
  readonly #filtered: number
  readonly #wireIn: number
  readonly #wireOut: number
  readonly #sent: number
  readonly #losses = new Map<Loss, number>()

  constructor(counters: Counters) {
    this.#counters = counters
    this.#sent = counters.slot('sent')
    this.#wireIn = counters.slot('wire.in')
    this.#copies = counters.slot('copies')
    this.#delivered = counters.slot('delivered')
    this.#wireOut = counters.slot('wire.out')
    this.#filtered = counters.slot('filtered')
    for (const loss of LOSSES) this.#losses.set(loss, counters.slot(loss))
  }

  /** A frame was taken from a transmit queue. */
  sent(): void {
    this.#counters.values[this.#sent]++
  }

  wireIn(): void {
    this.#counters.values[this.#wireIn]++
  }

  copies(n: number): void {
    this.#counters.values[this.#copies] += n
  }

  delivered(n: number): void {
    this.#counters.values[this.#delivered] += n
  }

  wireOut(): void {
    this.#counters.values[this.#wireOut]++
  }

  filtered(): void {
    this.#counters.values[this.#filtered]++
  }

  lost(why: Loss, n: number): void {
    this.#counters.values[this.#losses.get(why) ?? 0] += n
  }

  /** Copies made and not accounted for, of which `inFlight` are in the chip: 0, always. */
  missing(inFlight: number): number {
    const { values } = this.#counters
    let ends = values[this.#delivered] + values[this.#filtered] + values[this.#wireOut] + inFlight
    for (const slot of this.#losses.values()) ends += values[slot]
    return values[this.#copies] - ends
  }

  /** Anything else worth a name. */
  event(name: string): void {
    this.#counters.add(this.#counters.slot(name), 1)
  }
}

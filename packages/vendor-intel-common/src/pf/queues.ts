import type { Mmio } from '@npa/core'
import { DESCRIPTOR_BYTES } from '../layout/index.js'

/** Where a ring is, for the chip: bus address in two words, and descriptors. */
export interface RingPlace {
  readonly lo: number
  readonly hi: number
  readonly size: number
}

/** What differs between the chips in the registers of a queue; offsets are from its first one, RDBAL or TDBAL. */
export interface QueueChip {
  /** Offset of a queue's first register in BAR0. */
  readonly rx: (queue: number) => number
  readonly tx: (queue: number) => number
  readonly srrctl: number
  /** SRRCTL for advanced descriptors of one buffer that drop when there is none; the buffer's KiB come into the low bits. */
  readonly oneBufferDropping: number
  /** A further register of a receive queue that stays 0, RSCCTL; undefined where the chip has none. */
  readonly coalesce?: number
  /** RXDCTL and TXDCTL beside ENABLE. */
  readonly rxThresholds: number
  readonly txThresholds: number
  /** RXDCTL of a queue that takes tags out; 0 where the pool's registers say that. */
  readonly stripVlan: number
}

/** Offsets within a queue's registers (82599 datasheet 8.2.3.8, 8.2.3.9; 82576 datasheet 8.10, 8.12). */
const BASE_LOW = 0x00
const BASE_HIGH = 0x04
const LENGTH = 0x08
const HEAD = 0x10
const TAIL = 0x18
const CONTROL = 0x28
/** TDWBAL and TDWBAH. */
const HEAD_WRITE_BACK_LOW = 0x38
const HEAD_WRITE_BACK_HIGH = 0x3c

const ENABLE = 0x2000000
/** All that can be set in a ring's registers, transmit and receive. */
const TX_REGISTERS = [CONTROL, BASE_LOW, BASE_HIGH, LENGTH, HEAD_WRITE_BACK_LOW, HEAD_WRITE_BACK_HIGH, HEAD, TAIL]
const RX_REGISTERS = [CONTROL, BASE_LOW, BASE_HIGH, LENGTH, HEAD, TAIL]

/** The queues of a chip as the PF reaches them, those of VFs too: through its own space, never through the VF. */
export class Queues {
  readonly #mmio: Mmio
  readonly #chip: QueueChip

  constructor(mmio: Mmio, chip: QueueChip) {
    this.#mmio = mmio
    this.#chip = chip
  }

  /** Programs a transmit queue and asks for its enable. */
  startTx(queue: number, ring: RingPlace): void {
    const mmio = this.#mmio
    const at = this.#chip.tx(queue)
    mmio.write32(at + BASE_LOW, ring.lo)
    mmio.write32(at + BASE_HIGH, ring.hi)
    mmio.write32(at + LENGTH, ring.size * DESCRIPTOR_BYTES)
    mmio.write32(at + HEAD_WRITE_BACK_LOW, 0)
    mmio.write32(at + HEAD_WRITE_BACK_HIGH, 0)
    mmio.write32(at + HEAD, 0)
    mmio.write32(at + TAIL, 0)
    mmio.write32(at + CONTROL, this.#chip.txThresholds | ENABLE)
  }

  /** The same for a receive queue with buffers of whole KiB. Its tail counts only once it is enabled. */
  startRx(queue: number, ring: RingPlace, bufferBytes: number, stripVlan: boolean): void {
    const mmio = this.#mmio
    const { srrctl, oneBufferDropping, coalesce, rxThresholds, stripVlan: strip } = this.#chip
    const at = this.#chip.rx(queue)
    mmio.write32(at + BASE_LOW, ring.lo)
    mmio.write32(at + BASE_HIGH, ring.hi)
    mmio.write32(at + LENGTH, ring.size * DESCRIPTOR_BYTES)
    if (coalesce !== undefined) mmio.write32(at + coalesce, 0)
    mmio.write32(at + srrctl, (oneBufferDropping | (bufferBytes >> 10)) >>> 0)
    mmio.write32(at + HEAD, 0)
    mmio.write32(at + TAIL, 0)
    mmio.write32(at + CONTROL, rxThresholds | ENABLE | (stripVlan ? strip : 0))
  }

  txOn(queue: number): boolean {
    return (this.#mmio.read32(this.#chip.tx(queue) + CONTROL) & ENABLE) !== 0
  }

  rxOn(queue: number): boolean {
    return (this.#mmio.read32(this.#chip.rx(queue) + CONTROL) & ENABLE) !== 0
  }

  /** Asks for a queue's disable: what is fetched is still sent and written back. */
  stopTx(queue: number): void {
    this.#mmio.write32(this.#chip.tx(queue) + CONTROL, this.#chip.txThresholds)
  }

  stopRx(queue: number): void {
    const at = this.#chip.rx(queue) + CONTROL
    this.#mmio.write32(at, this.#mmio.read32(at) & (this.#chip.rxThresholds | this.#chip.stripVlan))
  }

  ringTx(queue: number, tail: number): void {
    this.#mmio.write32(this.#chip.tx(queue) + TAIL, tail)
  }

  ringRx(queue: number, tail: number): void {
    this.#mmio.write32(this.#chip.rx(queue) + TAIL, tail)
  }

  /** First transmit descriptor that is not completed, and the first that was not handed over. */
  txHead(queue: number): number {
    return this.#mmio.read32(this.#chip.tx(queue) + HEAD) & 0xffff
  }

  txTail(queue: number): number {
    return this.#mmio.read32(this.#chip.tx(queue) + TAIL) & 0xffff
  }

  /** Every register of a queue pair that is off, as it was before it was started. */
  clear(queue: number): void {
    const { tx, rx, srrctl, coalesce } = this.#chip
    for (const register of TX_REGISTERS) this.#mmio.write32(tx(queue) + register, 0)
    for (const register of RX_REGISTERS) this.#mmio.write32(rx(queue) + register, 0)
    this.#mmio.write32(rx(queue) + srrctl, 0)
    if (coalesce !== undefined) this.#mmio.write32(rx(queue) + coalesce, 0)
  }
}

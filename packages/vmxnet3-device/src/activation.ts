import {
  DESC_BYTES,
  MAX_RX_QUEUES,
  MAX_RX_RING,
  MAX_TX_QUEUES,
  MAX_TX_RING,
  MAX_VECTORS,
  QUEUE_ENTRY_BYTES,
  RING_ALIGN,
  RING_SIZE_UNIT,
  RxQueue as RxEntry,
  Shared,
  SHARED_MAGIC,
  TxQueue as TxEntry,
} from '@npa/vmxnet3-spec'
import type { Bus } from './bus.js'
import { busAddress } from './bus.js'
import type { ChipMemory } from './chip-memory.js'
import { PAGE_BYTES } from './chip-memory.js'
import type { SharedArea } from './shared-area.js'

/** A ring in guest memory. */
interface RingPlace {
  readonly base: number
  readonly size: number
}

/** What the driver set up for a transmit queue; `entry` is the address of its entry in the queue table. */
interface TxSetup {
  readonly entry: number
  readonly interrupt: number
  readonly ring: RingPlace
  readonly completions: RingPlace
}

/** The same for a receive queue. */
interface RxSetup {
  readonly entry: number
  readonly interrupt: number
  readonly ring1: RingPlace
  readonly ring2: RingPlace
  readonly completions: RingPlace
}

/** All that an activation says, checked: every ring is guest memory. */
export interface Activation {
  readonly tx: readonly TxSetup[]
  readonly rx: readonly RxSetup[]
  readonly autoMask: boolean
  readonly eventInterrupt: number
}

/** Raised and caught inside this module only: guests cause it. */
class Refused extends Error {}

/**
 * Reads the queue table that a loaded shared area points at, once, and checks both. The completion rings are zeroed. Returns the
 * reason, in words, why the device cannot be activated.
 */
export function readActivation(bus: Bus, chip: ChipMemory, shared: SharedArea): Activation | string {
  try {
    return new Reader(bus, chip, shared).read()
  } catch (error) {
    if (error instanceof Refused) return error.message
    throw error
  }
}

class Reader {
  readonly #bus: Bus
  readonly #chip: ChipMemory
  readonly #shared: SharedArea

  constructor(bus: Bus, chip: ChipMemory, shared: SharedArea) {
    this.#bus = bus
    this.#chip = chip
    this.#shared = shared
  }

  read(): Activation {
    const shared = this.#shared
    if (shared.u32(Shared.magic) !== SHARED_MAGIC) throw new Refused('the shared area has no magic number')
    const txQueues = shared.u8(Shared.txQueues)
    const rxQueues = shared.u8(Shared.rxQueues)
    if (txQueues < 1 || txQueues > MAX_TX_QUEUES || rxQueues < 1 || rxQueues > MAX_RX_QUEUES) {
      throw new Refused(`${txQueues} transmit and ${rxQueues} receive queues`)
    }
    const table = busAddress(shared.u32(Shared.queueTableAddress), shared.u32(Shared.queueTableAddress + 4))
    const bytes = (txQueues + rxQueues) * QUEUE_ENTRY_BYTES
    const length = shared.u32(Shared.queueTableLength)
    if (length < bytes || !this.#bus.read(table, bytes, this.#chip.queueTable)) {
      throw new Refused(`queue table of ${length} bytes at ${table}`)
    }
    const entry = (q: number): number => table + q * QUEUE_ENTRY_BYTES
    return {
      tx: Array.from({ length: txQueues }, (_, q) => this.#tx(q, entry(q))),
      rx: Array.from({ length: rxQueues }, (_, q) => this.#rx(txQueues + q, entry(txQueues + q))),
      autoMask: shared.u8(Shared.autoMask) !== 0,
      eventInterrupt: this.#vector(shared.u8(Shared.eventInterrupt), 'events'),
    }
  }

  #tx(place: number, entry: number): TxSetup {
    const what = `transmit queue ${place}`
    const ring = this.#ring(place, TxEntry.ringAddress, TxEntry.ringSize, MAX_TX_RING, what)
    const completions = this.#ring(place, TxEntry.compRingAddress, TxEntry.compRingSize, MAX_TX_RING, what)
    this.#probe(ring, what)
    this.#clear(completions, what)
    return { entry, interrupt: this.#vector(this.#u8(place, TxEntry.interrupt), what), ring, completions }
  }

  #rx(place: number, entry: number): RxSetup {
    const what = `receive queue in entry ${place}`
    const { ringAddress, ringSize } = RxEntry
    const ring1 = this.#ring(place, ringAddress, ringSize, MAX_RX_RING, what)
    // Drivers of small machines do without the second ring.
    const none = this.#u32(place, ringSize + 4) === 0
    const ring2 = none ? { base: 0, size: 0 } : this.#ring(place, ringAddress + 8, ringSize + 4, MAX_RX_RING, what)
    const completions = this.#ring(place, RxEntry.compRingAddress, RxEntry.compRingSize, 2 * MAX_RX_RING, what)
    this.#probe(ring1, what)
    this.#probe(ring2, what)
    this.#clear(completions, what)
    return { entry, interrupt: this.#vector(this.#u8(place, RxEntry.interrupt), what), ring1, ring2, completions }
  }

  #ring(place: number, addressAt: number, sizeAt: number, most: number, what: string): RingPlace {
    const base = busAddress(this.#u32(place, addressAt), this.#u32(place, addressAt + 4))
    const size = this.#u32(place, sizeAt)
    if (base < 0 || base % RING_ALIGN !== 0 || size === 0 || size > most || size % RING_SIZE_UNIT !== 0) {
      throw new Refused(`${what}: ring of ${size} entries at ${base}`)
    }
    return { base, size }
  }

  /** Whether a ring can be read, piece by piece. */
  #probe(ring: RingPlace, what: string): void {
    const end = ring.base + ring.size * DESC_BYTES
    for (let at = ring.base; at < end; at += PAGE_BYTES) {
      if (!this.#bus.read(at, Math.min(PAGE_BYTES, end - at), this.#chip.page))
        throw new Refused(`${what}: no memory at ${at}`)
    }
  }

  #clear(ring: RingPlace, what: string): void {
    const end = ring.base + ring.size * DESC_BYTES
    for (let at = ring.base; at < end; at += PAGE_BYTES) {
      if (!this.#bus.write(this.#chip.zeros, Math.min(PAGE_BYTES, end - at), at))
        throw new Refused(`${what}: no memory at ${at}`)
    }
  }

  #vector(vector: number, what: string): number {
    if (vector >= MAX_VECTORS) throw new Refused(`${what}: interrupt vector ${vector}`)
    return vector
  }

  #u8(place: number, offset: number): number {
    return this.#bus.u8[this.#chip.queueTable + place * QUEUE_ENTRY_BYTES + offset]
  }

  #u32(place: number, offset: number): number {
    return this.#bus.i32[(this.#chip.queueTable + place * QUEUE_ENTRY_BYTES + offset) >> 2] >>> 0
  }
}

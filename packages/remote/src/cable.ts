import type { Counters } from '@npa/core'
import type { Arena } from '@npa/memory'
import { SpscRing } from '@npa/ring-datapath'
import type { Consumer, Doorbell, Producer } from '@npa/ring-datapath'
import { ethernet, Frame, FRAME_WORDS, frameBatch, FrameFlag, MAX_WIRE_FRAME } from '@npa/wire'
import type { FrameBatch, Port } from '@npa/wire'
import type { LinkPlace } from './request-link.js'

/** Frames under way in one direction. */
const CAPACITY = 256
/** Place in the arena, bytes. */
const SHAPE = { capacity: CAPACITY, recordWords: 2 }
/** Most frames that are delivered in one call. */
const BATCH = 64
/** Frames start at multiples of this, a cache line. */
const ALIGN = 64

/** Bytes of frames under way in one direction. */
export const CABLE_STORE_BYTES = 0x40000

/** Words of each end behind the two rings: its carrier, and that it wants room. */
const Status = { up: 0, roomWanted: 1 } as const
const STATUS_BYTES = 128
const LANE_BYTES = SpscRing.bytes(SHAPE)

/** Bytes that a cable takes in the links' memory, a multiple of 128. */
export const CABLE_BYTES: number = 2 * (LANE_BYTES + STATUS_BYTES)

/** Makes an unplugged cable. */
export function createCable({ buffer, at }: LinkPlace): void {
  for (const end of [0, 1]) {
    SpscRing.create(buffer, at + end * LANE_BYTES, SHAPE)
    statusOf(buffer, at, end).fill(0)
  }
}

/** Where the two rings of a cable at `at` stand. */
export function cableRings(at: number): readonly [number, number] {
  return [at, at + LANE_BYTES]
}

function statusOf(buffer: SharedArrayBuffer, at: number, end: number): Int32Array {
  return new Int32Array(buffer, at + 2 * LANE_BYTES + end * STATUS_BYTES, STATUS_BYTES / 4)
}

export interface CableOptions {
  readonly place: LinkPlace
  /** Which end this is. */
  readonly end: 0 | 1
  readonly arena: Arena
  /** Where each end's frames are copied to: `CABLE_STORE_BYTES` of the arena, by end. */
  readonly stores: readonly [number, number]
  /** Wakes the thread of the far end. */
  readonly far: Doorbell
  /** Gets `sent`, `sentBytes`, `delivered`, `deliveredBytes` and `drop.REASON`, of this end's frames. */
  readonly counters: Counters
  /** The far end's carrier came or went. */
  readonly carrier: () => void
}

/**
 * One end of a cable between two threads. Frames are copied into the sender's store and go in order; a sender that is faster than the
 * receiver waits for room, so nothing is lost between the ends, and no rate is modelled: the cable is as fast as its threads.
 */
export class CableEnd implements Port {
  readonly #options: CableOptions
  readonly #producer: Producer
  readonly #consumer: Consumer
  readonly #own: Int32Array
  readonly #other: Int32Array
  readonly #store: number
  /** Where the far end's frames are. */
  readonly #farStore: number
  readonly #batch: FrameBatch = frameBatch(BATCH)
  /** Bytes that each frame under way takes of the store, by its number. */
  readonly #spans = new Int32Array(CAPACITY)
  #sentFrames = 0
  #freedFrames = 0
  #place = 0
  #used = 0
  #peer: Port | undefined
  #waiting = false
  #blocked = false
  #farUp = false
  readonly #slots: Readonly<Record<'sent' | 'sentBytes' | 'delivered' | 'deliveredBytes' | Refusal, number>>

  constructor(options: CableOptions) {
    const { place, end, stores, counters } = options
    const { buffer, at } = place
    this.#options = options
    this.#producer = SpscRing.attach(buffer, at + end * LANE_BYTES).producer()
    this.#consumer = SpscRing.attach(buffer, at + (1 - end) * LANE_BYTES).consumer()
    this.#own = statusOf(buffer, at, end)
    this.#other = statusOf(buffer, at, 1 - end)
    this.#store = stores[end]
    this.#farStore = stores[1 - end]
    this.#slots = {
      sent: counters.slot('sent'),
      sentBytes: counters.slot('sentBytes'),
      delivered: counters.slot('delivered'),
      deliveredBytes: counters.slot('deliveredBytes'),
      'drop.wireUnfinished': counters.slot('drop.wireUnfinished'),
      'drop.undersize': counters.slot('drop.undersize'),
      'drop.oversize': counters.slot('drop.oversize'),
      'drop.garbled': counters.slot('drop.garbled'),
    }
  }

  /** The carrier that the far end sends. */
  get up(): boolean {
    return Atomics.load(this.#other, Status.up) !== 0
  }

  connect(peer: Port): void {
    this.#peer = peer
  }

  send(batch: FrameBatch, from: number, count: number): number {
    this.#reclaim()
    let taken = 0
    let placed = 0
    let bytes = 0
    for (; taken < count; taken++) {
      const word = (from + taken) * FRAME_WORDS
      const refusal = refusalOf(batch.words, word)
      if (refusal !== undefined) {
        this.#options.counters.add(this.#slots[refusal], 1)
        continue
      }
      if (!this.#put(batch.words[word + Frame.address], batch.words[word + Frame.length], placed)) {
        this.#waiting = true
        break
      }
      placed++
      bytes += batch.words[word + Frame.length]
    }
    if (placed > 0) {
      this.#producer.commit(placed)
      this.#options.far.ring()
    }
    const { counters } = this.#options
    counters.add(this.#slots.sent, placed)
    counters.add(this.#slots.sentBytes, bytes)
    return taken
  }

  /** The peer takes frames again. */
  room(): void {
    this.#blocked = false
  }

  /** Frames of this direction that the peer has not been given yet. */
  get waiting(): boolean {
    return this.#consumer.peek(1) > 0
  }

  /** Does what there is to do at this end, a batch of frames at most; true when there was something. */
  poll(): boolean {
    const told = this.#carriers()
    const roomy = this.#grantRoom()
    return this.#deliver() || told || roomy
  }

  #carriers(): boolean {
    const up = this.#peer?.up === true ? 1 : 0
    if (Atomics.load(this.#own, Status.up) !== up) {
      Atomics.store(this.#own, Status.up, up)
      this.#options.far.ring()
    }
    if (this.up === this.#farUp) return false
    this.#farUp = this.up
    this.#options.carrier()
    return true
  }

  #deliver(): boolean {
    const count = this.#blocked || this.#peer === undefined ? 0 : this.#consumer.peek(BATCH)
    if (count === 0 || this.#peer === undefined) return false
    const { words } = this.#batch
    const { counters } = this.#options
    let bytes = 0
    const frames = this.#describe(count)
    const taken = frames === 0 ? 0 : this.#peer.send(this.#batch, 0, frames)
    for (let i = 0; i < taken; i++) bytes += words[i * FRAME_WORDS + Frame.length]
    this.#blocked = taken < frames
    // what follows the frames of the batch, if anything does, was no frame
    const garbled = taken === frames && frames < count ? 1 : 0
    this.#consumer.release(taken + garbled)
    counters.add(this.#slots['drop.garbled'], garbled)
    counters.add(this.#slots.delivered, taken)
    counters.add(this.#slots.deliveredBytes, bytes)
    if (Atomics.load(this.#other, Status.roomWanted) !== 0) {
      Atomics.store(this.#other, Status.roomWanted, 0)
      this.#options.far.ring()
    }
    return true
  }

  /**
   * Describes the next `count` frames in the batch, or those before the first record that is none of the far end's frames: its thread
   * can write anything there. Each word is read once.
   */
  #describe(count: number): number {
    const { words } = this.#batch
    const ring = this.#consumer.words
    let n = 0
    for (; n < count; n++) {
      const slot = this.#consumer.slot(n)
      const address = ring[slot]
      const length = ring[slot + 1]
      const place = address - this.#farStore
      const fits = length >= ethernet.HEADER_BYTES && length <= MAX_WIRE_FRAME && place + length <= CABLE_STORE_BYTES
      if (!fits || place < 0 || (place & (ALIGN - 1)) !== 0) break
      const frame = n * FRAME_WORDS
      words[frame + Frame.address] = address
      words[frame + Frame.length] = length
      words[frame + Frame.flags] = 0
    }
    this.#batch.n = n
    return n
  }

  /** Copies a frame into the store, its record `ahead` places after the last that was handed over. */
  #put(address: number, length: number, ahead: number): boolean {
    if (this.#producer.reserve(ahead + 1) <= ahead) return false
    const room = (length + ALIGN - 1) & -ALIGN
    let span = room
    let place = this.#place
    if (place + room > CABLE_STORE_BYTES) {
      span += CABLE_STORE_BYTES - place
      place = 0
    }
    if (this.#used + span > CABLE_STORE_BYTES) return false
    const at = this.#store + place
    this.#options.arena.copy(at, address, length)
    const slot = this.#producer.slot(ahead)
    this.#producer.words[slot] = at
    this.#producer.words[slot + 1] = length
    this.#spans[this.#sentFrames++ & (CAPACITY - 1)] = span
    this.#used += span
    this.#place = (place + room) & (CABLE_STORE_BYTES - 1)
    return true
  }

  /** Finds what the far end has taken. */
  #reclaim(): void {
    const underWay = CAPACITY - this.#producer.reserve(CAPACITY)
    for (; this.#sentFrames - this.#freedFrames > underWay; this.#freedFrames++) {
      this.#used -= this.#spans[this.#freedFrames & (CAPACITY - 1)]
    }
  }

  /** A sender that was refused goes on when a good part of the store is free. */
  #grantRoom(): boolean {
    if (!this.#waiting) return false
    // said before looking: so the far end rings for what it frees after the look
    Atomics.store(this.#own, Status.roomWanted, 1)
    this.#reclaim()
    if (this.#used > CABLE_STORE_BYTES / 2 || this.#producer.reserve(CAPACITY) < CAPACITY / 2) return false
    this.#waiting = false
    this.#peer?.room()
    return true
  }
}

type Refusal = 'drop.wireUnfinished' | 'drop.undersize' | 'drop.oversize' | 'drop.garbled'

/** Why a frame cannot be on a wire, if it cannot. */
function refusalOf(words: Int32Array, word: number): Refusal | undefined {
  if ((words[word + Frame.flags] & (FrameFlag.csumWanted | FrameFlag.vlan)) !== 0) return 'drop.wireUnfinished'
  if (words[word + Frame.length] < ethernet.HEADER_BYTES) return 'drop.undersize'
  return words[word + Frame.length] > MAX_WIRE_FRAME ? 'drop.oversize' : undefined
}

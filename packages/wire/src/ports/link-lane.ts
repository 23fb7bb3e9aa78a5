import type { Clock, Counters, Timer } from '@npa/core'
import type { Arena } from '@npa/memory'
import { Frame, FRAME_WORDS, frameBatch, FrameFlag } from '../frame-batch.js'
import type { FrameBatch } from '../frame-batch.js'
import type { Port } from '../port.js'
import { HEADER_BYTES, MIN_FRAME_BYTES } from '../protocol/ethernet.js'
import { FrameStore, MAX_WIRE_FRAME } from './frame-store.js'

/** Bytes that a frame costs on a wire besides its own: preamble 8, FCS 4, gap 12 (IEEE 802.3, 4.4.2). */
export const WIRE_OVERHEAD_BYTES = 24

/** Time for which a sender can book the wire ahead: a transmit FIFO of a few frames. Its sender hears of room at half of it. */
const AHEAD_NS = 10_000
/** Most frames that are delivered in one call. */
const BATCH = 64

/** What both directions of a link share. */
export interface LinkOptions {
  readonly arena: Arena
  readonly clock: Clock
  /** Gets `NAME.aToB.sent`, `.sentBytes`, `.delivered`, `.deliveredBytes`, `.drop.REASON`, and the same for `bToA`. */
  readonly counters: Counters
  /** Bits per second, a whole number up to 10^12. */
  readonly rateBps: number
  /** Propagation delay, whole nanoseconds. */
  readonly delayNs: number
  /** Bytes in flight in each direction, a power of two; 1 MiB when left out. */
  readonly storeBytes?: number
  /** Frames wait in the link for a receiver that is full, as with pause frames; otherwise they are dropped. */
  readonly lossless?: boolean
}

/** One direction of a link. */
export class LinkLane {
  /** Whose frames these are: told when there is room again. */
  sender: Port | undefined
  receiver: Port | undefined
  #up = true
  /** The wire is taken until `#busyNs` and `#rest / rateBps` ns more. */
  #busyNs = 0
  #rest = 0
  /** A sender was refused and waits for `room`. */
  #waiting = false
  /** Lossless: the receiver is full. */
  #blocked = false
  readonly #store: FrameStore
  readonly #batch: FrameBatch = frameBatch(BATCH)
  readonly #clock: Clock
  readonly #timer: Timer
  readonly #counters: Counters
  readonly #rate: number
  readonly #delay: number
  readonly #lossless: boolean
  readonly #sent: number
  readonly #sentBytes: number
  readonly #delivered: number
  readonly #deliveredBytes: number
  readonly #linkDown: number
  readonly #wireUnfinished: number
  readonly #undersize: number
  readonly #oversize: number
  readonly #receiverFull: number
  readonly #unplugged: number

  constructor(name: string, options: LinkOptions) {
    const { arena, clock, counters, rateBps, delayNs, storeBytes = 1 << 20, lossless = false } = options
    if (!Number.isInteger(rateBps) || rateBps < 1 || rateBps > 1e12) {
      throw new RangeError(`${name}: rate ${rateBps} bit/s, a whole number from 1 to 10^12 is expected`)
    }
    if (!Number.isSafeInteger(delayNs) || delayNs < 0) {
      throw new RangeError(`${name}: delay ${delayNs} ns, a whole number from 0 is expected`)
    }
    this.#store = new FrameStore(arena, storeBytes)
    this.#clock = clock
    this.#timer = clock.timer(name, () => this.#fire())
    this.#counters = counters
    this.#rate = rateBps
    this.#delay = delayNs
    this.#lossless = lossless
    this.#sent = counters.slot(`${name}.sent`)
    this.#sentBytes = counters.slot(`${name}.sentBytes`)
    this.#delivered = counters.slot(`${name}.delivered`)
    this.#deliveredBytes = counters.slot(`${name}.deliveredBytes`)
    this.#linkDown = counters.slot(`${name}.drop.linkDown`)
    this.#wireUnfinished = counters.slot(`${name}.drop.wireUnfinished`)
    this.#undersize = counters.slot(`${name}.drop.undersize`)
    this.#oversize = counters.slot(`${name}.drop.oversize`)
    this.#receiverFull = counters.slot(`${name}.drop.receiverFull`)
    this.#unplugged = counters.slot(`${name}.drop.unplugged`)
  }

  /** Frames on the wire. */
  get inFlight(): number {
    return this.#store.count
  }

  setUp(up: boolean): void {
    if (this.#up === up) return
    this.#up = up
    this.#counters.add(this.#linkDown, this.#store.count)
    this.#store.shift(this.#store.count)
    // In the past: what was booked is void, with its fraction.
    this.#busyNs = -1
    this.#arm()
  }

  /** Puts frames on the wire; returns how many were taken. */
  accept(batch: FrameBatch, from: number, count: number): number {
    const now = this.#clock.nowNs()
    let taken = 0
    let bytes = 0
    for (; taken < count; taken++) {
      const word = (from + taken) * FRAME_WORDS
      const refusal = this.#refusal(batch.words, word)
      if (refusal >= 0) this.#counters.add(refusal, 1)
      else if (!this.#book(batch, from + taken, now)) {
        this.#waiting = true
        break
      }
      bytes += batch.words[word + Frame.length]
    }
    this.#counters.add(this.#sent, taken)
    this.#counters.add(this.#sentBytes, bytes)
    this.#arm()
    return taken
  }

  /** Lossless: the receiver has room again. */
  receiverRoom(): void {
    if (!this.#blocked) return
    this.#blocked = false
    this.#arm()
  }

  /** The drop counter of a frame that cannot be on a wire, or -1. */
  #refusal(words: Int32Array, word: number): number {
    if (!this.#up) return this.#linkDown
    // A wire carries bytes only: a checksum or a tag that is still to be put in would be lost.
    if ((words[word + Frame.flags] & (FrameFlag.csumWanted | FrameFlag.vlan)) !== 0) return this.#wireUnfinished
    if (words[word + Frame.length] < HEADER_BYTES) return this.#undersize
    return words[word + Frame.length] > MAX_WIRE_FRAME ? this.#oversize : -1
  }

  /** Stores a frame with the instant of its arrival and moves the end of the wire's time; false when there is no room. */
  #book(batch: FrameBatch, index: number, now: number): boolean {
    if (this.#busyNs - now > AHEAD_NS) return false
    const idle = this.#busyNs < now
    const length = Math.max(batch.words[index * FRAME_WORDS + Frame.length], MIN_FRAME_BYTES)
    // Below 2^53, so the division cannot round up to a whole number, and nothing drifts however long the burst.
    const total = (length + WIRE_OVERHEAD_BYTES) * 8e9 + (idle ? 0 : this.#rest)
    const whole = Math.floor(total / this.#rate)
    const rest = total - whole * this.#rate
    const busy = (idle ? now : this.#busyNs) + whole
    if (!this.#store.push(batch, index, MIN_FRAME_BYTES, busy + (rest > 0 ? 1 : 0) + this.#delay)) return false
    this.#busyNs = busy
    this.#rest = rest
    return true
  }

  /** Sets the one timer to what comes first: an arrival, or room for a sender that waits. */
  #arm(): void {
    const arrival = this.#store.count > 0 && !this.#blocked ? this.#store.key(0) : Infinity
    const room = this.#waiting && this.#store.roomy ? this.#busyNs - AHEAD_NS / 2 : Infinity
    const next = Math.min(arrival, room)
    if (next === this.#timer.deadlineNs) return
    if (next === Infinity) this.#timer.cancel()
    else this.#timer.arm(Math.max(next, this.#clock.nowNs()))
  }

  #fire(): void {
    const now = this.#clock.nowNs()
    while (!this.#blocked && this.#deliver(now));
    if (this.#waiting && this.#store.roomy && this.#busyNs - AHEAD_NS / 2 <= now) {
      this.#waiting = false
      this.sender?.room()
    }
    this.#arm()
  }

  /** Delivers what has arrived, up to a batch; true when there may be more. */
  #deliver(now: number): boolean {
    const limit = Math.min(this.#store.count, BATCH)
    let due = 0
    while (due < limit && this.#store.key(due) <= now) due++
    if (due === 0) return false
    this.#store.peek(this.#batch, due)
    for (let i = 0; i < due; i++) this.#batch.words[i * FRAME_WORDS + Frame.flags] = 0
    const taken = this.receiver === undefined ? 0 : this.receiver.send(this.#batch, 0, due)
    this.#count(taken, due)
    this.#blocked = this.#lossless && this.receiver !== undefined && taken < due
    this.#store.shift(this.#blocked ? taken : due)
    return true
  }

  #count(taken: number, due: number): void {
    let bytes = 0
    for (let i = 0; i < taken; i++) bytes += this.#batch.words[i * FRAME_WORDS + Frame.length]
    this.#counters.add(this.#delivered, taken)
    this.#counters.add(this.#deliveredBytes, bytes)
    if (this.receiver === undefined) this.#counters.add(this.#unplugged, due)
    else if (!this.#lossless) this.#counters.add(this.#receiverFull, due - taken)
  }
}

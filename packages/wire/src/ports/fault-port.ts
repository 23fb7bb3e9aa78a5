import type { Clock, Counters, Random, Timer } from '@npa/core'
import { randomStream } from '@npa/core'
import type { Arena } from '@npa/memory'
import { Frame, FRAME_WORDS, frameBatch, FrameFlag } from '../frame-batch.js'
import type { FrameBatch } from '../frame-batch.js'
import type { Port } from '../port.js'
import { facePair } from './face.js'
import { FrameStore, MAX_WIRE_FRAME } from './frame-store.js'
import type { TwoPort } from './two-port.js'

/** Bytes of the frames that one direction can hold back. */
const HELD_BYTES = 131072
/** A frame that is held back goes on after this time at the latest, so that the last one of a flow is late and not lost. */
const HOLD_NS = 1_000_000

const Fate = { drop: 0, duplicate: 1, delay: 2, corrupt: 3, pass: 4 } as const

/** How often each fault strikes, in 1/2^16 of the frames; together at most 2^16. Left out: never. */
export interface Faults {
  readonly drop?: number
  readonly duplicate?: number
  /** Held back until `delayFrames` later frames went by, or 1 ms passed. */
  readonly delay?: number
  readonly delayFrames?: number
  /** One byte is changed. */
  readonly corrupt?: number
}

/** What a fault port works with. */
export interface FaultOptions {
  readonly arena: Arena
  readonly clock: Clock
  /** Gets `NAME.aToB.taken`, `.delivered`, `.dropped`, `.duplicated`, `.delayed`, `.corrupted`, and the same for `bToA`. */
  readonly counters: Counters
  readonly seed: number
}

/**
 * Loses, doubles, delays and corrupts frames, reproducibly: each direction has a random stream of its own, by seed and name.
 * Always taken + duplicated = delivered + dropped + held.
 */
export class FaultPort implements TwoPort {
  readonly a: Port
  readonly b: Port
  readonly #aToB: FaultLane
  readonly #bToA: FaultLane

  /** Throws a `RangeError` for probabilities that make no sense. */
  constructor(name: string, options: FaultOptions, faults: Faults) {
    this.#aToB = new FaultLane(`${name}.aToB`, options, faults)
    this.#bToA = new FaultLane(`${name}.bToA`, options, faults)
    const faces = facePair(
      name,
      (to, batch, from, count) => this.#aToB.forward(to, batch, from, count),
      (to, batch, from, count) => this.#bToA.forward(to, batch, from, count),
    )
    this.a = faces.a
    this.b = faces.b
  }

  /** Frames that are held back, both ways. */
  get held(): number {
    return this.#aToB.held + this.#bToA.held
  }
}

/** One direction. */
class FaultLane {
  readonly #random: Random
  readonly #store: FrameStore
  readonly #scratch: FrameBatch = frameBatch(1)
  readonly #scratchAt: number
  readonly #u8: Uint8Array
  readonly #clock: Clock
  readonly #timer: Timer
  readonly #counters: Counters
  /** Upper bounds of the fates, in 1/2^16. */
  readonly #bounds: Int32Array
  readonly #delayFrames: number
  readonly #slot: Readonly<Record<'taken' | 'delivered' | 'dropped' | 'duplicated' | 'delayed' | 'corrupted', number>>
  #to: Port | undefined
  /** The fate of a frame that was refused and comes again, or -1. */
  #fate = -1
  /** Which byte a corruption changes, and by what. */
  #place = 0
  #flip = 0
  /** Frames that went by. */
  #passed = 0

  constructor(name: string, options: FaultOptions, faults: Faults) {
    const { drop = 0, duplicate = 0, delay = 0, corrupt = 0, delayFrames = 1 } = faults
    const parts = [drop, duplicate, delay, corrupt]
    const sum = parts.reduce((before, part) => before + part, 0)
    if (!parts.every((part) => Number.isInteger(part) && part >= 0) || sum > 65536) {
      throw new RangeError(
        `${name}: probabilities ${parts.join(', ')}: whole 1/65536ths of at most 65536 together are expected`,
      )
    }
    if (!Number.isInteger(delayFrames) || delayFrames < 1) {
      throw new RangeError(`${name}: delay by ${delayFrames} frames: a whole number from 1 is expected`)
    }
    this.#bounds = Int32Array.of(drop, drop + duplicate, drop + duplicate + delay, sum)
    this.#delayFrames = delayFrames
    this.#random = randomStream(options.seed, name)
    this.#store = new FrameStore(options.arena, HELD_BYTES)
    this.#scratchAt = options.arena.allocate(MAX_WIRE_FRAME)
    this.#u8 = options.arena.u8
    this.#clock = options.clock
    this.#timer = options.clock.timer(name, () => this.#expire())
    this.#counters = options.counters
    const slot = (what: string): number => options.counters.slot(`${name}.${what}`)
    this.#slot = {
      taken: slot('taken'),
      delivered: slot('delivered'),
      dropped: slot('dropped'),
      duplicated: slot('duplicated'),
      delayed: slot('delayed'),
      corrupted: slot('corrupted'),
    }
  }

  get held(): number {
    return this.#store.count
  }

  /** Frame by frame: the fate of a frame must not depend on how frames were batched. */
  forward(to: Port, batch: FrameBatch, from: number, count: number): number {
    this.#to = to
    for (let i = 0; i < count; i++) {
      const fate = this.#fate >= 0 ? this.#fate : this.#draw(batch.words[(from + i) * FRAME_WORDS + Frame.length])
      if (!this.#meet(fate, to, batch, from + i)) {
        this.#fate = fate
        return i
      }
      this.#fate = -1
      this.#counters.add(this.#slot.taken, 1)
      this.#release(to, this.#passed)
    }
    return count
  }

  /** Always three numbers per frame, so that neither refusals nor other faults shift the stream. */
  #draw(length: number): number {
    const number = this.#random.below(65536)
    this.#place = this.#random.below(Math.max(length, 1))
    this.#flip = 1 + this.#random.below(255)
    // A segmentation offload's frame is longer than what this port can copy.
    if (length > MAX_WIRE_FRAME) return Fate.pass
    let fate = 0
    while (fate < Fate.pass && number >= this.#bounds[fate]) fate++
    return fate
  }

  /** Lets one frame meet its fate; false when the far side refused it. */
  #meet(fate: number, to: Port, batch: FrameBatch, index: number): boolean {
    if (fate === Fate.delay && this.#store.push(batch, index, 0, this.#passed + this.#delayFrames)) {
      this.#counters.add(this.#slot.delayed, 1)
      if (this.#timer.deadlineNs === Infinity) this.#timer.arm(this.#clock.nowNs() + HOLD_NS)
      return true
    }
    if (fate === Fate.drop) this.#counters.add(this.#slot.dropped, 1)
    else if (fate === Fate.corrupt) {
      this.#corrupt(batch, index)
      if (!this.#deliver(to, this.#scratch, 0)) return false
      this.#counters.add(this.#slot.corrupted, 1)
    } else if (!this.#deliver(to, batch, index)) return false
    if (fate === Fate.duplicate && this.#deliver(to, batch, index)) this.#counters.add(this.#slot.duplicated, 1)
    this.#passed++
    return true
  }

  /** A copy in the scratch with one byte changed: the sender's own bytes are only lent. */
  #corrupt(batch: FrameBatch, index: number): void {
    const words = this.#scratch.words
    for (let i = 0; i < FRAME_WORDS; i++) words[i] = batch.words[index * FRAME_WORDS + i]
    const at = words[Frame.address]
    this.#u8.copyWithin(this.#scratchAt, at, at + words[Frame.length])
    words[Frame.address] = this.#scratchAt
    words[Frame.flags] &= ~(FrameFlag.csumGood | FrameFlag.csumBad)
    this.#u8[this.#scratchAt + this.#place] ^= this.#flip
  }

  #deliver(to: Port, batch: FrameBatch, index: number): boolean {
    const taken = to.send(batch, index, 1)
    this.#counters.add(this.#slot.delivered, taken)
    return taken === 1
  }

  /** Sends held frames whose turn has come by `passed`, as far as the far side takes them. */
  #release(to: Port, passed: number): void {
    while (this.#store.count > 0 && this.#store.key(0) <= passed) {
      this.#store.peek(this.#scratch, 1)
      if (!this.#deliver(to, this.#scratch, 0)) return
      this.#store.shift(1)
    }
    if (this.#store.count === 0) this.#timer.cancel()
  }

  #expire(): void {
    if (this.#to !== undefined) this.#release(this.#to, Infinity)
    if (this.#store.count > 0) this.#timer.arm(this.#clock.nowNs() + HOLD_NS)
  }
}

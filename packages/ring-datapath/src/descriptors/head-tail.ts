import { oneBit } from '../place.js'

/** Where a head/tail ring is, in words of the memory that driver and device share. */
export interface HeadTailPlace {
  readonly words: Int32Array
  /** First word of the first descriptor. */
  readonly first: number
  /** Descriptors, 2 to 65536. One stays empty: head equal to tail is an empty ring. */
  readonly count: number
  /** Words of a descriptor. */
  readonly descriptorWords: number
  /** The word of a descriptor that has DD, and its bit there. */
  readonly doneWord: number
  readonly doneBit: number
  /** The word of the tail register. */
  readonly tail: number
}

/**
 * The discipline of Intel's chips (82599 datasheet, 7.1.9 and 7.2.3.3): the driver writes descriptors and moves the tail register; the device
 * works from its head to the tail and writes each descriptor back with DD.
 *
 * The order, with everything else in plain words:
 * 1. the driver stores the tail atomically, after the descriptors below it; the device loads it atomically, before them;
 * 2. the device stores the word with DD atomically, after whatever else the descriptor and its buffer have; the driver loads it
 *    atomically, before them. A driver that looks at descriptors in turn needs this only of a burst's first one, written back last.
 */
export class HeadTailRing {
  readonly place: HeadTailPlace

  /** Throws a `RangeError` when the ring cannot be there. */
  constructor(place: HeadTailPlace) {
    const { words, first, count, descriptorWords, doneWord, tail } = place
    const doneBit = oneBit(place.doneBit)
    const whole = [first, count, descriptorWords, doneWord, tail].every((n) => Number.isInteger(n) && n >= 0)
    if (!whole || count < 2 || count > 65536 || doneWord >= descriptorWords || tail >= words.length)
      throw new RangeError(`no head/tail ring of ${count} descriptors of ${descriptorWords} words`)
    if (first + count * descriptorWords > words.length) throw new RangeError('a head/tail ring that leaves its memory')
    if (doneBit === undefined) throw new RangeError(`${place.doneBit} is not one bit of a word`)
    this.place = { ...place, doneBit }
  }

  driver(): HeadTailDriver {
    return new HeadTailDriver(this)
  }

  device(): HeadTailDevice {
    return new HeadTailDevice(this)
  }
}

/** The driver's end: posts descriptors, reaps those that are done, in order. Starts with an empty ring and the tail at 0. */
export class HeadTailDriver {
  declare readonly words: Int32Array // see Producer
  readonly #place: HeadTailPlace
  readonly #count: number
  #tail = 0
  #clean = 0
  #posted = 0

  constructor({ place }: HeadTailRing) {
    this.words = place.words
    this.#place = place
    this.#count = place.count
    Atomics.store(place.words, place.tail, 0)
  }

  /** Descriptors that can be posted. */
  get room(): number {
    return this.#count - 1 - this.#posted
  }

  /** First word of the descriptor `ahead` places after the next one to be posted. It is written whole, DD cleared. */
  slot(ahead: number): number {
    return wordOf(this.#place, this.#tail + ahead)
  }

  /** Hands `count` descriptors, `room` at most, to the device: the doorbell. */
  post(count: number): void {
    this.#posted += count
    this.#tail = (this.#tail + count) % this.#count
    Atomics.store(this.words, this.#place.tail, this.#tail)
  }

  /** How many of the oldest posted descriptors, `wanted` at most, are done. */
  done(wanted: number): number {
    const { words } = this
    const { doneWord, doneBit } = this.#place
    const most = wanted < this.#posted ? wanted : this.#posted
    let n = 0
    while (n < most && (Atomics.load(words, this.doneSlot(n) + doneWord) & doneBit) !== 0) n++
    return n
  }

  /** First word of the descriptor `ahead` places after the oldest posted one. */
  doneSlot(ahead: number): number {
    return wordOf(this.#place, this.#clean + ahead)
  }

  /** Takes back the oldest `count` descriptors, which `done` has shown, or which came before one that it has. */
  reap(count: number): void {
    this.#posted -= count
    this.#clean = (this.#clean + count) % this.#count
  }
}

/** The device's end: fetches what is posted, writes it back. Whatever the tail says, it stays in the ring. */
export class HeadTailDevice {
  declare readonly words: Int32Array // see Producer
  readonly #place: HeadTailPlace
  readonly #count: number
  #head = 0

  constructor({ place }: HeadTailRing) {
    this.words = place.words
    this.#place = place
    this.#count = place.count
  }

  /** Index of the descriptor that is worked on next. */
  get head(): number {
    return this.#head
  }

  /** How many descriptors, `wanted` at most, are posted. None by a tail outside the ring. */
  fetch(wanted: number): number {
    const tail = Atomics.load(this.words, this.#place.tail)
    if (tail < 0 || tail >= this.#count) return 0
    const posted = tail >= this.#head ? tail - this.#head : tail + this.#count - this.#head
    return posted < wanted ? posted : wanted
  }

  /** First word of the descriptor `ahead` places after the head. */
  slot(ahead: number): number {
    return wordOf(this.#place, this.#head + ahead)
  }

  /** Writes the word with DD: the last of the descriptor, and of a burst that of its first descriptor last. */
  writeBack(ahead: number, status: number): void {
    Atomics.store(this.words, this.slot(ahead) + this.#place.doneWord, status)
  }

  /** Moves the head on, past `count` descriptors that `fetch` has shown. */
  advance(count: number): void {
    this.#head = (this.#head + count) % this.#count
  }
}

/** `index` is below twice the count. */
function wordOf({ first, count, descriptorWords }: HeadTailPlace, index: number): number {
  return first + Math.imul(index < count ? index : index - count, descriptorWords)
}

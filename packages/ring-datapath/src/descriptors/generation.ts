import { oneBit } from '../place.js'

/** Where a ring with generation bits is, in words of the memory that both sides share. Zeroed by whoever made it. */
export interface GenerationPlace {
  readonly words: Int32Array
  /** First word of the first descriptor. */
  readonly first: number
  /** Descriptors, 2 to 65536. */
  readonly count: number
  /** Words of a descriptor. */
  readonly descriptorWords: number
  /** The own word: the one of a descriptor that has the generation, and its bit there, such as 2 ** 31. */
  readonly ownWord: number
  readonly ownBit: number
}

/**
 * The discipline of vmxnet3: no index is shared. Each descriptor says in a bit of its own word for which lap it was written: set on the first,
 * clear on the second, and so on. The reader looks at the next descriptor until its bit is that of the reader's lap.
 *
 * The order, with everything else in plain words: the writer stores the own word of a batch's *first* descriptor last, atomically;
 * the reader loads own words atomically, in turn, before the rest of the descriptor. So the batch costs one ordered store, and no part
 * of it is seen before that.
 *
 * What has been read has to come back some other way (by a completion ring, or by a count) before it is written again: `credit`.
 */
export class GenerationRing {
  readonly place: GenerationPlace

  /** Throws a `RangeError` when the ring cannot be there. */
  constructor(place: GenerationPlace) {
    const { words, first, count, descriptorWords, ownWord } = place
    const ownBit = oneBit(place.ownBit)
    const whole = [first, count, descriptorWords, ownWord].every((n) => Number.isInteger(n) && n >= 0)
    if (!whole || count < 2 || count > 65536 || ownWord >= descriptorWords)
      throw new RangeError(`no generation ring of ${count} descriptors of ${descriptorWords} words`)
    if (first + count * descriptorWords > words.length) throw new RangeError('a generation ring that leaves its memory')
    if (ownBit === undefined) throw new RangeError(`${place.ownBit} is not one bit of a word`)
    this.place = { ...place, ownBit }
  }

  writer(): GenerationWriter {
    return new GenerationWriter(this)
  }

  reader(): GenerationReader {
    return new GenerationReader(this)
  }
}

/** The writing end, on its first lap with all descriptors its own. */
export class GenerationWriter {
  declare readonly words: Int32Array // see Producer
  readonly #place: GenerationPlace
  #next = 0
  #own: number
  #room: number

  constructor({ place }: GenerationRing) {
    this.words = place.words
    this.#place = place
    this.#own = place.ownBit
    this.#room = place.count
  }

  /** Descriptors that can be written. */
  get room(): number {
    return this.#room
  }

  /** First word of the descriptor `ahead` places after the next one to be published. */
  slot(ahead: number): number {
    return wordOf(this.#place, this.#next + ahead)
  }

  /** The bit, set or not, for the own word of that descriptor. The caller writes own words with it, except that of the batch's first. */
  own(ahead: number): number {
    return this.#next + ahead < this.#place.count ? this.#own : this.#own ^ this.#place.ownBit
  }

  /** Publishes a batch of `count` descriptors, `room` at most. `ownWord` is its first descriptor's own word, without the bit. */
  publish(count: number, ownWord: number): void {
    const { ownWord: at, ownBit, count: all } = this.#place
    Atomics.store(this.words, this.slot(0) + at, (ownWord & ~ownBit) | this.#own)
    this.#room -= count
    this.#next += count
    if (this.#next < all) return
    this.#next -= all
    this.#own ^= ownBit
  }

  /** `count` descriptors have been read by the other side; more than are out are none. */
  credit(count: number): void {
    if (count > 0 && count <= this.#place.count - this.#room) this.#room += count
  }
}

/** The reading end. However the bits stand, it reads descriptors of the ring, each once a lap. */
export class GenerationReader {
  declare readonly words: Int32Array // see Producer
  readonly #place: GenerationPlace
  #next = 0
  #own: number

  constructor({ place }: GenerationRing) {
    this.words = place.words
    this.#place = place
    this.#own = place.ownBit
  }

  /** How many descriptors, `wanted` at most and no more than the ring has, are there to be read. */
  peek(wanted: number): number {
    const { words } = this
    const { count, ownWord, ownBit } = this.#place
    const most = wanted < count ? wanted : count
    let n = 0
    while (n < most && (Atomics.load(words, this.slot(n) + ownWord) & ownBit) === this.#ownAt(n)) n++
    return n
  }

  /** First word of the descriptor `ahead` places after the next one to be read. */
  slot(ahead: number): number {
    return wordOf(this.#place, this.#next + ahead)
  }

  /** Moves on past `count` descriptors, which `peek` has shown. */
  release(count: number): void {
    this.#next += count
    if (this.#next < this.#place.count) return
    this.#next -= this.#place.count
    this.#own ^= this.#place.ownBit
  }

  #ownAt(ahead: number): number {
    return this.#next + ahead < this.#place.count ? this.#own : this.#own ^ this.#place.ownBit
  }
}

/** `index` is below twice the count. */
function wordOf({ first, count, descriptorWords }: GenerationPlace, index: number): number {
  return first + Math.imul(index < count ? index : index - count, descriptorWords)
}

/** Where a page-chained ring is. Pages stand one after the other in the memory, and at `base` on the reader's bus. */
export interface PageChainedPlace {
  readonly words: Int32Array
  /** First word of the first page. */
  readonly first: number
  /** Pages, and descriptors of a page with its links: powers of two, 32768 descriptors at most. */
  readonly pages: number
  readonly perPage: number
  /** Descriptors at the end of each page that are no descriptors: the first of them has the address of the next page in its first two words. */
  readonly links: number
  /** Words of a descriptor, 2 or more. */
  readonly descriptorWords: number
  /** Address of the first page, two words. */
  readonly baseLo: number
  readonly baseHi: number
  /** The words with the writer's and the reader's position. */
  readonly produced: number
  readonly consumed: number
}

const POSITIONS = 0xffff

/**
 * The discipline of Broadcom's NetXtreme II (`NEXT_TX_IDX` and its like in Linux's bnx2x.h): pages of descriptors, each page's end a link to the
 * next; two positions in memory that run freely over 16 bits and count the links as well.
 *
 * The order, with everything else in plain words: the writer stores its position atomically, after the descriptors below it; the
 * reader loads it atomically, before them. The reader's position is the same the other way. Links are written before the first position.
 */
export class PageChainedRing {
  readonly place: PageChainedPlace

  /** Throws a `RangeError` when the ring cannot be there. */
  constructor(place: PageChainedPlace) {
    const { words, first, pages, perPage, links, descriptorWords, produced, consumed } = place
    const sound =
      power(pages) && power(perPage) && pages * perPage <= 32768 && whole(links) && links >= 1 && links < perPage
    if (!sound || !whole(descriptorWords) || descriptorWords < 2)
      throw new RangeError(`no chain of ${pages} pages of ${perPage} descriptors, ${links} of them links`)
    const end = first + pages * perPage * descriptorWords
    if (![first, produced, consumed].every(whole) || Math.max(end - 1, produced, consumed) >= words.length)
      throw new RangeError('a page-chained ring that leaves its memory')
    this.place = place
  }

  /** The writing end. Links the pages: it comes before the reader. */
  writer(): PageChainedWriter {
    return new PageChainedWriter(this)
  }

  reader(): PageChainedReader {
    return new PageChainedReader(this)
  }
}

/** The writing end, from position 0. */
export class PageChainedWriter {
  declare readonly words: Int32Array // see Producer
  readonly #place: PageChainedPlace
  readonly #usable: number
  #position = 0
  /** The reader's position as far as it is believed, and descriptors between the two. */
  #consumed = 0
  #out = 0

  constructor({ place }: PageChainedRing) {
    const { words, first, pages, perPage, links, descriptorWords, baseLo, baseHi } = place
    this.words = words
    this.#place = place
    this.#usable = perPage - links
    for (let page = 0; page < pages; page++) {
      const link = first + (page * perPage + this.#usable) * descriptorWords
      const next = (baseLo >>> 0) + ((page + 1) % pages) * perPage * descriptorWords * 4
      words[link] = next | 0
      words[link + 1] = baseHi + (next >= 2 ** 32 ? 1 : 0)
    }
    Atomics.store(words, place.produced, 0)
    Atomics.store(words, place.consumed, 0)
  }

  /** How many descriptors, `wanted` at most, there is room for. A position that no reader could have changes nothing. */
  reserve(wanted: number): number {
    const all = this.#place.pages * this.#usable
    if (all - this.#out < wanted) {
      const position = Atomics.load(this.words, this.#place.consumed) & POSITIONS
      const taken = this.#between(this.#consumed, position)
      if (taken <= this.#out && (position & (this.#place.perPage - 1)) < this.#usable) {
        this.#consumed = position
        this.#out -= taken
      }
    }
    const room = all - this.#out
    return room < wanted ? room : wanted
  }

  /** First word of the descriptor `ahead` places after the next one to be written; links are stepped over. */
  slot(ahead: number): number {
    const { first, pages, perPage, descriptorWords } = this.#place
    const position = this.#after(ahead)
    return first + Math.imul(position & (pages * perPage - 1), descriptorWords)
  }

  /** Hands `count` descriptors over, which `reserve` has granted. */
  commit(count: number): void {
    this.#position = this.#after(count)
    this.#out += count
    Atomics.store(this.words, this.#place.produced, this.#position)
  }

  /** The position `count` descriptors after the writer's. */
  #after(count: number): number {
    const { perPage, links } = this.#place
    const past = (this.#position & (perPage - 1)) + count
    return (this.#position + count + Math.floor(past / this.#usable) * links) & POSITIONS
  }

  /** Descriptors from one position to a later one. */
  #between(from: number, to: number): number {
    return from <= to
      ? this.#index(to) - this.#index(from)
      : this.#index(POSITIONS + 1) - this.#index(from) + this.#index(to)
  }

  #index(position: number): number {
    const offset = position & (this.#place.perPage - 1)
    return Math.floor(position / this.#place.perPage) * this.#usable + (offset < this.#usable ? offset : this.#usable)
  }
}

/** The reading end. It follows the links, and stops for good at one that leads out of the ring. */
export class PageChainedReader {
  declare readonly words: Int32Array // see Producer
  readonly #place: PageChainedPlace
  readonly #usable: number
  #position = 0
  #page: number
  #broken = false

  constructor({ place }: PageChainedRing) {
    this.words = place.words
    this.#place = place
    this.#usable = place.perPage - place.links
    this.#page = place.first
  }

  /** Whether a link led nowhere. A driver that did this has to be reset. */
  get broken(): boolean {
    return this.#broken
  }

  /** How many descriptors, `wanted` at most, can be read: those of this page, the next page's come after. */
  peek(wanted: number): number {
    if (this.#broken) return 0
    const { pages, perPage } = this.#place
    const offset = this.#position & (perPage - 1)
    const ahead = (Atomics.load(this.words, this.#place.produced) - this.#position) & POSITIONS
    // More than the ring has, no writer could have written.
    if (ahead > pages * perPage) return 0
    const left = this.#usable - offset
    const there = ahead < left ? ahead : left
    return there < wanted ? there : wanted
  }

  /** First word of the descriptor `ahead` places after the next one to be read, `peek` below it. */
  slot(ahead: number): number {
    return this.#page + Math.imul((this.#position & (this.#place.perPage - 1)) + ahead, this.#place.descriptorWords)
  }

  /** Gives back `count` descriptors, which `peek` has shown, and goes to the next page at the end of this one. */
  release(count: number): void {
    const { perPage, links } = this.#place
    this.#position = (this.#position + count) & POSITIONS
    if ((this.#position & (perPage - 1)) === this.#usable) {
      this.#follow()
      this.#position = (this.#position + links) & POSITIONS
    }
    Atomics.store(this.words, this.#place.consumed, this.#position)
  }

  #follow(): void {
    const { first, pages, perPage, descriptorWords, baseLo, baseHi } = this.#place
    const pageWords = perPage * descriptorWords
    const link = this.#page + this.#usable * descriptorWords
    const lo = this.words[link] >>> 0
    const offset = lo - (baseLo >>> 0) + (this.words[link + 1] - baseHi) * 2 ** 32
    const page = offset / (pageWords * 4)
    if (Number.isInteger(page) && page >= 0 && page < pages) this.#page = first + page * pageWords
    else this.#broken = true
  }
}

function whole(n: number): boolean {
  return Number.isInteger(n) && n >= 0
}

function power(n: number): boolean {
  return whole(n) && n >= 1 && (n & (n - 1)) === 0
}

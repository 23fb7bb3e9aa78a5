/** Frames that may stay unmatched in a lane before the run is hopeless. */
const MOST_MISSING = 65536

/** What became of the frames from one VM to another. */
export interface LaneCounts {
  sent: number
  delivered: number
  duplicated: number
  reordered: number
  /** Delivered, but never sent like this. */
  foreign: number
}

/** What an oracle keeps for one direction between two VMs. Frames are known by their fingerprints. */
export interface OracleLane {
  readonly counts: LaneCounts
  /** Frames sent and not delivered so far. */
  readonly outstanding: number
  sent(print: number): void
  delivered(print: number): void
  /** Gives up on everything outstanding; returns how many frames that were. */
  settle(): number
}

/**
 * One direction between two VMs: every frame sent is expected once, in order. A frame that arrives while older ones are
 * missing leaves them missing; if one still comes it was reordered; what is missing in the end was lost.
 */
export class Lane implements OracleLane {
  readonly counts: LaneCounts = { sent: 0, delivered: 0, duplicated: 0, reordered: 0, foreign: 0 }
  /** Fingerprints expected, oldest first: a ring. */
  #expected = new Float64Array(1024)
  #head = 0
  #length = 0
  /** Fingerprints that later frames overtook, with how often. */
  readonly #missing = new Map<number, number>()
  /** The last fingerprints delivered, to tell a duplicate from a foreign frame. */
  readonly #recent = new Float64Array(4096)
  #recentAt = 0

  /** Frames sent and not delivered so far. */
  get outstanding(): number {
    let missing = 0
    for (const count of this.#missing.values()) missing += count
    return this.#length + missing
  }

  sent(print: number): void {
    if (this.#length === this.#expected.length) this.#grow()
    this.#expected[(this.#head + this.#length) & (this.#expected.length - 1)] = print
    this.#length++
    this.counts.sent++
  }

  delivered(print: number): void {
    if (this.#length > 0 && this.#expected[this.#head] === print) this.#take()
    else this.#outOfOrder(print)
  }

  /** Gives up on everything outstanding; returns how many frames that were. */
  settle(): number {
    const lost = this.outstanding
    this.#missing.clear()
    this.#head = 0
    this.#length = 0
    return lost
  }

  #take(): void {
    this.#recent[this.#recentAt++ & (this.#recent.length - 1)] = this.#expected[this.#head]
    this.#head = (this.#head + 1) & (this.#expected.length - 1)
    this.#length--
    this.counts.delivered++
  }

  #outOfOrder(print: number): void {
    const missing = this.#missing.get(print)
    if (missing !== undefined) {
      if (missing === 1) this.#missing.delete(print)
      else this.#missing.set(print, missing - 1)
      this.#recent[this.#recentAt++ & (this.#recent.length - 1)] = print
      this.counts.delivered++
      this.counts.reordered++
      return
    }
    const mask = this.#expected.length - 1
    let ahead = 0
    while (ahead < this.#length && this.#expected[(this.#head + ahead) & mask] !== print) ahead++
    if (ahead === this.#length) {
      if (this.#recent.includes(print)) this.counts.duplicated++
      else this.counts.foreign++
      return
    }
    for (; ahead > 0; ahead--) {
      const skipped = this.#expected[this.#head]
      this.#missing.set(skipped, (this.#missing.get(skipped) ?? 0) + 1)
      this.#head = (this.#head + 1) & mask
      this.#length--
    }
    if (this.#missing.size > MOST_MISSING)
      throw new Error(`oracle: ${this.#missing.size} frames missing in one direction`)
    this.#take()
  }

  #grow(): void {
    const mask = this.#expected.length - 1
    const grown = new Float64Array(this.#expected.length * 2)
    for (let i = 0; i < this.#length; i++) grown[i] = this.#expected[(this.#head + i) & mask]
    this.#expected = grown
    this.#head = 0
  }
}

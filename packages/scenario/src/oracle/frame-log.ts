import type { LaneCounts, OracleLane } from './lane.js'

/** Fingerprints in the order in which they came. */
class Prints {
  #prints = new Float64Array(256)
  #count = 0

  push(print: number): void {
    if (this.#count === this.#prints.length) {
      const grown = new Float64Array(this.#count * 2)
      grown.set(this.#prints)
      this.#prints = grown
    }
    this.#prints[this.#count++] = print
  }

  take(): Float64Array<ArrayBuffer> {
    const taken = this.#prints.slice(0, this.#count)
    this.#count = 0
    return taken
  }
}

/** What a thread noted of one direction: what its VM sent there, and what it got from there. */
export interface LaneLog {
  readonly sent: Float64Array<ArrayBuffer>
  readonly delivered: Float64Array<ArrayBuffer>
}

/** A lane that only notes: another thread has the other end, and whoever has both logs judges. */
export class FrameLog implements OracleLane {
  readonly counts: LaneCounts = { sent: 0, delivered: 0, duplicated: 0, reordered: 0, foreign: 0 }
  readonly outstanding = 0
  readonly #sent = new Prints()
  readonly #delivered = new Prints()

  sent(print: number): void {
    this.#sent.push(print)
    this.counts.sent++
  }

  delivered(print: number): void {
    this.#delivered.push(print)
    this.counts.delivered++
  }

  settle(): number {
    return 0
  }

  /** What was noted since the last time. */
  take(): LaneLog {
    return { sent: this.#sent.take(), delivered: this.#delivered.take() }
  }
}

/** A time without a frame. */
interface Gap {
  readonly startNs: number
  readonly endNs: number
}

/** Shorter gaps than this say nothing of a blackout, ns: frames follow each other in a microsecond at 10 Gb/s. */
const LEAST_NS = 2000

/** Notes how long a guest's border with its NIC was silent, in both directions. */
export class Silence {
  readonly #gaps: Gap[] = []
  #lastNs = 0

  frame(nowNs: number): void {
    if (nowNs - this.#lastNs > LEAST_NS) this.#gaps.push({ startNs: this.#lastNs, endNs: nowNs })
    this.#lastNs = nowNs
  }

  /** The longest silence that reaches into [fromNs, toNs], 0 when there was none to speak of. */
  longest(fromNs: number, toNs: number): number {
    let longest = 0
    for (const { startNs, endNs } of this.#gaps) {
      if (startNs <= toNs && endNs >= fromNs) longest = Math.max(longest, endNs - startNs)
    }
    return longest
  }

  /** What was before now interests nobody any more. */
  forget(): void {
    this.#gaps.length = 0
  }
}

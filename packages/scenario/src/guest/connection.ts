import type { PayloadResult } from '../result.js'
import type { Guest } from './guest.js'
import { StreamEnd } from './stream-end.js'

/** One TCP connection between two guests of this thread for the whole run, with a verified stream in each direction that can be paused. */
export class StreamConnection {
  readonly #ends: readonly StreamEnd[]
  readonly #names: readonly [string, string]

  constructor(number: number, from: Guest, to: Guest, message: number, seed: number) {
    const options = { number, message, seed }
    const listening = StreamEnd.listen(to.stack, options)
    this.#ends = [StreamEnd.connect(from.stack, to.stack.ip, options), listening]
    this.#names = [from.name, to.name]
  }

  /** What each end received, that of the calling end first. */
  get payloads(): PayloadResult[] {
    const [from, to] = this.#names
    return this.#ends.map(({ received, hash }, end) => {
      const names = end === 0 ? { from: to, to: from } : { from, to }
      return { ...names, bytes: received, hash }
    })
  }

  pause(): void {
    for (const end of this.#ends) end.pause()
  }

  resume(): void {
    for (const end of this.#ends) end.resume()
  }

  /** Everything written has been acknowledged, both ways. */
  get quiet(): boolean {
    return this.#ends.every((end) => end.quiet)
  }

  /** Payload bytes that arrived, both ways. */
  get received(): number {
    return this.#ends.reduce((sum, end) => sum + end.received, 0)
  }

  get retransmissions(): number {
    return this.#ends.reduce((sum, end) => sum + end.retransmissions, 0)
  }

  /** What is wrong with the streams, if anything. */
  findings(): string[] {
    return [...new Set(this.#ends.flatMap((end) => end.findings()))]
  }

  close(): void {
    for (const end of this.#ends) end.close()
  }
}

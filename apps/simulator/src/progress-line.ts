import type { Progress } from '@npa/scenario'
import type { Console } from './console.js'

/** Least time between two changes of the line, ms. */
const PACE_MS = 100

/** Shows on stderr how far a run is: one line that is written over on a terminal, a line a phase elsewhere. */
export class ProgressLine implements Progress {
  readonly #out: Console['stderr']
  #phase = ''
  #shown = 0

  constructor(out: Console['stderr']) {
    this.#out = out
  }

  phase(name: string, index: number, phases: number): void {
    this.#phase = `phase ${index + 1} of ${phases}: ${name}`
    if (this.#out.isTTY === true) this.#show(this.#phase)
    else this.#out.write(`${this.#phase}\n`)
  }

  frames(done: number, wanted: number): void {
    const now = Date.now()
    if (this.#out.isTTY !== true || wanted === 0 || now - this.#shown < PACE_MS) return
    this.#shown = now
    this.#show(`${this.#phase}, ${Math.min(100, Math.floor((100 * done) / wanted))} %`)
  }

  /** Clears the line. */
  end(): void {
    if (this.#out.isTTY === true) this.#show('')
  }

  #show(text: string): void {
    this.#out.write(`\r\x1b[2K${text}`)
  }
}

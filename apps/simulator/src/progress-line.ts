import type { Progress } from '@npa/scenario'

/** Shows on stderr how far a run is: one line that is written over on a terminal, a line a phase elsewhere. */
export class ProgressLine implements Progress {
  readonly #terminal = process.stderr.isTTY
  #phase = ''
  #shown = 0

  phase(name: string, index: number, phases: number): void {
    this.#phase = `phase ${index + 1} of ${phases}: ${name}`
    if (this.#terminal) this.#show(this.#phase)
    else process.stderr.write(`${this.#phase}\n`)
  }

  frames(done: number, wanted: number): void {
    const now = Date.now()
    if (!this.#terminal || now - this.#shown < 100) return
    this.#shown = now
    this.#show(wanted > 0 ? `${this.#phase}, ${Math.min(100, Math.floor((100 * done) / wanted))} %` : this.#phase)
  }

  /** Clears the line. */
  end(): void {
    if (this.#terminal) this.#show('')
  }

  #show(text: string): void {
    process.stderr.write(`\r\x1b[2K${text}`)
  }
}

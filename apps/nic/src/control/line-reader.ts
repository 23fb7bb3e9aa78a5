import { MOST_LINE } from './protocol.js'

/** Cuts a stream of text into lines. */
export class LineReader {
  #rest = ''
  readonly #line: (line: string) => void

  constructor(line: (line: string) => void) {
    this.#line = line
  }

  /** False when a line is longer than any that makes sense. */
  feed(text: string, most: number = MOST_LINE): boolean {
    this.#rest += text
    for (let end = this.#rest.indexOf('\n'); end >= 0; end = this.#rest.indexOf('\n')) {
      const line = this.#rest.slice(0, end)
      this.#rest = this.#rest.slice(end + 1)
      this.#line(line)
    }
    return this.#rest.length <= most
  }
}

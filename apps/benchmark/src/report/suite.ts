import type { Row } from './row.js'

/** How long is measured. */
export interface CaseOptions {
  readonly rounds: number
  /** For each contestant's turn; of processor time where one thread works. */
  readonly seconds: number
  /** Told what is not obvious: what is under way, or missing here. */
  readonly note: (what: string) => void
}

/** Things to measure. */
export interface Suite {
  /** Titles of all cases, each once. */
  readonly titles: readonly string[]
  /** Measures the case with a title; a row for each of its contestants of ours, and one more for each further goal. */
  readonly measure: (title: string, options: CaseOptions) => Promise<Row[]>
}

import type { Row } from './row.js'

/** What is measured, and how long. */
export interface SuiteOptions {
  readonly rounds: number
  /** For each contestant's turn; of processor time where one thread works. */
  readonly seconds: number
  /** Only cases whose title contains the text. */
  readonly only: string
  readonly began: (what: string) => void
}

/** Things to measure. */
export interface Suite {
  /** Titles of all cases. */
  readonly titles: readonly string[]
  /** Measures one thing after the other; a row for each, and one more for each further goal. */
  readonly measure: (options: SuiteOptions) => Promise<Row[]>
}

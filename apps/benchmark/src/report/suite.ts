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

/** Measures one thing after the other; a row for each, and one more for each further goal. */
export type Suite = (options: SuiteOptions) => Promise<Row[]>

/** How far a goal was reached. */
export type Reached = 'no' | 'must' | 'stretch'

/** One line of a suite's result. Ratios are of medians over the rounds of one run. */
export interface Row {
  readonly case: string
  readonly variant: string
  /** Descriptors that a driver posts and reaps at a time; records or copies of a batch. */
  readonly batch: number
  /** Bytes of a frame without FCS, of a record, of a copy; of what the driver hands over where the chip segments. */
  readonly bytes: number
  /** Frames (segments, where the chip segments), records, hand-overs or copies a second, median of the rounds. */
  readonly opsPerSecond: number
  /** Of whole frames, records or copies, Gbit/s. */
  readonly gbitPerSecond: number
  /** By the name of what it is compared with. A goal is about the first. */
  readonly ratios: Readonly<Record<string, number>>
  /** The lowest and the highest of the rounds' ratios, by the same names: how steady the machine was. */
  readonly spreads: Readonly<Record<string, readonly [lowest: number, highest: number]>>
  readonly must?: number
  readonly stretch?: number
  readonly reached?: Reached
  /** Of a path between two guests: processor time of the threads of each role for a Gbit of whole frames, ms. */
  readonly cpuMsPerGbit?: { readonly guest: number; readonly host: number; readonly nic: number }
}

/** What `--json` writes. */
export interface Report {
  readonly suite: string
  readonly node: string
  readonly rounds: number
  /** Of each contestant's turn. */
  readonly seconds: number
  /** Processor, how many of them, system. */
  readonly machine: string
  readonly rows: readonly Row[]
}

/** What a ratio should reach, the same for every machine. */
export interface Goal {
  readonly must?: number
  readonly stretch?: number
}

/** The goal and how far the ratio gets; nothing where there is no goal. */
export function judged(ratio: number, { must, stretch }: Goal): Goal & { readonly reached?: Reached } {
  if (must === undefined) return {}
  if (stretch === undefined) return { must, reached: ratio >= must ? 'must' : 'no' }
  return { must, stretch, reached: ratio >= stretch ? 'stretch' : ratio >= must ? 'must' : 'no' }
}

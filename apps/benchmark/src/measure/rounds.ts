/** Something that can be measured for a while: operations a second. */
export interface Contestant {
  readonly name: string
  readonly run: (seconds: number) => number | Promise<number>
}

/** The value in the middle; of an even number the mean of the two. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}

/** Rounds until just-in-time compiled code has settled. */
const WARM_UP = 3

/** Speeds of one contestant, a round each. */
export type Speeds = ReadonlyMap<string, readonly number[]>

/**
 * Measures contestants in turns, so that whatever else the machine does meets all of them. The first `WARM_UP` rounds do not count: the
 * compiler has its work done by then.
 */
export async function inTurns(contestants: readonly Contestant[], rounds: number, seconds: number): Promise<Speeds> {
  const speeds = new Map<string, number[]>(contestants.map(({ name }) => [name, []]))
  for (let round = -WARM_UP; round < rounds; round++) {
    for (const { name, run } of contestants) {
      const speed = await run(seconds)
      if (round >= 0) speeds.get(name)?.push(speed)
    }
  }
  return speeds
}

/** The ratios of two contestants' speeds, round by round: a round that both found slow stays fair. */
export function ratios(speeds: Speeds, of: string, to: string): number[] {
  const own = speeds.get(of) ?? []
  const other = speeds.get(to) ?? []
  return own.map((speed, round) => speed / other[round])
}

/** What a function makes of each value, by the same names. */
export function mapped<T, U>(values: Readonly<Record<string, T>>, make: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, make(value)]))
}

/** The lowest and the highest of values. */
export function spread(values: readonly number[]): readonly [lowest: number, highest: number] {
  return [Math.min(...values), Math.max(...values)]
}

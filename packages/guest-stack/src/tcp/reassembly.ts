/** Ranges of received bytes behind a hole, as plain data: sorted, apart, each [start, end) in sequence numbers. */
export interface Reassembly {
  count: number
  readonly starts: Int32Array
  readonly ends: Int32Array
}

export function reassembly(capacity: number): Reassembly {
  return { count: 0, starts: new Int32Array(capacity), ends: new Int32Array(capacity) }
}

/** Notes that [start, end) is there, merging what touches; false, and nothing noted, when no range is left. */
export function addRange(r: Reassembly, start: number, end: number): boolean {
  const { starts, ends } = r
  let from = 0
  while (from < r.count && ((start - ends[from]) | 0) > 0) from++
  let to = from
  let low = start | 0
  let high = end | 0
  for (; to < r.count && ((starts[to] - high) | 0) <= 0; to++) {
    if (((starts[to] - low) | 0) < 0) low = starts[to]
    if (((ends[to] - high) | 0) > 0) high = ends[to]
  }
  const merged = to - from
  if (merged === 0 && r.count === starts.length) return false
  // Ranges `from` to `to` become one.
  starts.copyWithin(from + 1, to, r.count)
  ends.copyWithin(from + 1, to, r.count)
  starts[from] = low
  ends[from] = high
  r.count += 1 - merged
  return true
}

/** The end of the range that `next` has reached, dropping it; `next` when there is a hole before the first. */
export function takeRanges(r: Reassembly, next: number): number {
  let reached = next | 0
  let taken = 0
  while (taken < r.count && ((r.starts[taken] - reached) | 0) <= 0) {
    if (((r.ends[taken] - reached) | 0) > 0) reached = r.ends[taken]
    taken++
  }
  if (taken > 0) {
    r.starts.copyWithin(0, taken, r.count)
    r.ends.copyWithin(0, taken, r.count)
    r.count -= taken
  }
  return reached
}

/**
 * Copies words one by one, as batches are short: `set` on shared memory costs a call, and copies bytes where source and target stand
 * differently in their eights.
 */
export function copyWords(from: Int32Array, first: number, to: Int32Array, at: number, count: number): void {
  const end = first + count
  const stepped = first + (count & -8)
  let source = first
  let target = at
  for (; source < stepped; source += 8, target += 8) {
    to[target] = from[source]
    to[target + 1] = from[source + 1]
    to[target + 2] = from[source + 2]
    to[target + 3] = from[source + 3]
    to[target + 4] = from[source + 4]
    to[target + 5] = from[source + 5]
    to[target + 6] = from[source + 6]
    to[target + 7] = from[source + 7]
  }
  for (; source < end; source++, target++) to[target] = from[source]
}

/** One thread's part of a slice of `records` records; the sum of what it read, or 0. */
export type Side = (records: number) => number | Promise<number>

/** Writes record `n` at word `at` of an array. */
export function put(words: Int32Array | Uint32Array, at: number, n: number, recordWords: number): void {
  words[at] = n << 11
  words[at + 1] = n >>> 21
  words[at + 2] = 64
  words[at + 3] = n
  for (let k = 4; k < recordWords; k++) words[at + k] = n + k
}

/** The sum of the record there. */
export function take(words: Int32Array | Uint32Array, at: number, recordWords: number): number {
  let sum = (words[at] ^ words[at + 1]) + words[at + 2] + words[at + 3]
  for (let k = 4; k < recordWords; k++) sum = (sum + words[at + k]) | 0
  return sum
}

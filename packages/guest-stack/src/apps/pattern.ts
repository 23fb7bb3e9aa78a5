const STEP = 0x9e3779b1 | 0

/** Word `index` of the pseudo-random pattern of a seed; words at two positions less than 2^32 words apart always differ. */
export function patternWord(seed: number, index: number): number {
  const weyl = Math.imul(index, STEP) + seed
  return weyl ^ (weyl >>> 15)
}

/** Fills `words` with the pattern from word `first` on. */
export function fillPattern(words: Int32Array, seed: number, first: number): void {
  let weyl = (Math.imul(first, STEP) + seed) | 0
  for (let i = 0; i < words.length; i++) {
    words[i] = weyl ^ (weyl >>> 15)
    weyl = (weyl + STEP) | 0
  }
}

/** The number of words before the first of `count` that differs from the pattern from word `first` on. */
export function equalWords(words: Int32Array, from: number, count: number, seed: number, first: number): number {
  let weyl = (Math.imul(first, STEP) + seed) | 0
  for (let i = 0; i < count; i++) {
    if (words[from + i] !== (weyl ^ (weyl >>> 15))) return i
    weyl = (weyl + STEP) | 0
  }
  return count
}

/** Takes the first `count` words into a running hash. */
export function hashWords(words: Int32Array, count: number, hash: number): number {
  let running = hash
  for (let i = 0; i < count; i++) running = (Math.imul(running, 31) + words[i]) | 0
  return running
}

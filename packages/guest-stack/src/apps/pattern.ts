/** Word `index` of the pseudo-random pattern of a seed: any two positions, and any two seeds, differ at once. */
export function patternWord(seed: number, index: number): number {
  let mixed = Math.imul(index ^ seed, 0x9e3779b1)
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca77)
  return mixed ^ (mixed >>> 13)
}

/** FNV-1a, a word at a time. */
export const HASH_START: number = 0x811c9dc5 | 0

export function hashWord(hash: number, word: number): number {
  return Math.imul(hash ^ word, 0x01000193)
}

/** A stream of pseudo-random numbers (sfc32, Chris Doty-Humphrey's PractRand). */
export interface Random {
  /** A u32. */
  u32(): number
  /** An integer in [0, bound); `bound` is 1 to 2^32. */
  below(bound: number): number
}

/**
 * The stream of the component `name` under a seed. Streams of different names are independent, so that a new component does
 * not shift the numbers of the others.
 */
export function randomStream(seed: number, name: string): Random {
  let a = 0x9e3779b9 ^ seed
  let b = 0x243f6a88
  let c = 0xb7e15162
  let counter = 1
  const u32 = (): number => {
    const t = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + t) | 0
    return t >>> 0
  }
  for (let i = 0; i < name.length; i++) {
    c = (c ^ name.charCodeAt(i)) | 0
    u32()
  }
  for (let i = 0; i < 12; i++) u32()
  return { u32, below: (bound) => Math.floor((u32() / 4294967296) * bound) }
}

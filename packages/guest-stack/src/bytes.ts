/** Bytes that can also be moved by words: views on the whole buffer below a `Uint8Array`, and where that one starts. */
export interface Words {
  readonly u8: Uint8Array
  /** Everything in the buffer below, by bytes and by words. */
  readonly all8: Uint8Array
  readonly all32: Int32Array
  /** Where in it `u8` starts. */
  readonly base: number
}

export function wordsOf(u8: Uint8Array): Words {
  const { buffer, byteOffset } = u8
  const all32 = new Int32Array(buffer, 0, buffer.byteLength >> 2)
  return { u8, all8: new Uint8Array(buffer), all32, base: byteOffset }
}

/** A fresh buffer of bytes. */
export function freshWords(bytes: number): Words {
  return wordsOf(new Uint8Array((bytes + 3) & ~3))
}

/**
 * Copies `length` bytes, whatever the alignment of the two, a word of the target at a time: the hot path's copy between
 * buffers that are not one, which `TypedArray.set` can only do with a fresh view per call. (JavaScript hosts are little-endian.)
 */
export function copyBytes(from: Words, fromAt: number, to: Words, toAt: number, length: number): void {
  let at = from.base + fromAt
  let target = to.base + toAt
  const end = target + length
  const source8 = from.all8
  const target8 = to.all8
  while ((target & 3) !== 0 && target < end) target8[target++] = source8[at++]
  const shift = (at & 3) << 3
  // A word of source is left for the bytewise end, so that the last look-ahead stays inside the source.
  const wordsEnd = shift === 0 ? end >> 2 : (end >> 2) - 1
  let word = target >> 2
  if (word < wordsEnd) {
    const source = from.all32
    const words = to.all32
    let next = at >> 2
    at += (wordsEnd - word) << 2
    target = wordsEnd << 2
    if (shift === 0) {
      // Four at a time: the loop, not the memory, is what costs.
      for (const fours = wordsEnd - 3; word < fours; word += 4, next += 4) {
        words[word] = source[next]
        words[word + 1] = source[next + 1]
        words[word + 2] = source[next + 2]
        words[word + 3] = source[next + 3]
      }
      while (word < wordsEnd) words[word++] = source[next++]
    } else {
      const rest = 32 - shift
      let low = source[next++] >>> shift
      while (word < wordsEnd) {
        const high = source[next++]
        words[word++] = low | (high << rest)
        low = high >>> shift
      }
    }
  }
  while (target < end) target8[target++] = source8[at++]
}

/**
 * One's complement sum of the 16-bit words at an even or odd address, not folded, in the order of the wire; an odd last byte
 * counts as if a zero followed (RFC 1071). Up to 64 KiB.
 */
export function sumWords(bytes: Words, bytesAt: number, length: number): number {
  let at = bytes.base + bytesAt
  const end = at + length
  const { all8: u8, all32 } = bytes
  let sum = 0
  if ((at & 1) !== 0) {
    for (; at + 1 < end; at += 2) sum += (u8[at] << 8) | u8[at + 1]
    return at < end ? sum + (u8[at] << 8) : sum
  }
  if ((at & 2) !== 0 && at + 1 < end) {
    sum = u8[at] | (u8[at + 1] << 8)
    at += 2
  }
  const wordsEnd = end >> 2
  for (let word = at >> 2; word < wordsEnd; word++) {
    const pair = all32[word]
    sum += (pair & 0xffff) + (pair >>> 16)
    at += 4
  }
  if (at + 1 < end) {
    sum += u8[at] | (u8[at + 1] << 8)
    at += 2
  }
  if (at < end) sum += u8[at]
  const folded = foldSum(sum)
  return ((folded & 0xff) << 8) | (folded >>> 8)
}

/** Folds a sum to 16 bits, carries added back in. */
export function foldSum(sum: number): number {
  let left = sum
  while (left > 0xffff) left = (left & 0xffff) + Math.floor(left / 0x10000)
  return left
}

/** Remembers the views on the array it was asked for last: programs send from, and read into, the same one again and again. */
export class WordsCache {
  #last: Words | undefined

  of(u8: Uint8Array): Words {
    if (this.#last?.u8 !== u8) this.#last = wordsOf(u8)
    return this.#last
  }
}

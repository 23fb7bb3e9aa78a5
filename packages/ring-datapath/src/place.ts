/**
 * Throws a `TypeError` unless it is shared memory. One that is not would be copied on its way to another thread: both would have a ring of
 * their own, and wait for ever.
 */
export function demandShared(buffer: unknown): void {
  // By its name: it may come from another realm, and a page that is not isolated has no such global.
  const kind = Object.prototype.toString.call(buffer).slice('[object '.length, -1)
  if (kind !== 'SharedArrayBuffer') throw new TypeError(`a SharedArrayBuffer is expected, this is of the kind ${kind}`)
}

/** Why nothing of so many bytes can be at an offset that has to be a multiple of something; undefined where it can. */
export function wrongPlace(buffer: SharedArrayBuffer, at: number, bytes: number, multiple: number): string | undefined {
  if (!Number.isInteger(at) || at < 0 || at % multiple !== 0)
    return `offset ${at} is not 0 or a multiple of ${multiple}`
  if (at + bytes > buffer.byteLength) return `${bytes} bytes at ${at} leave a buffer of ${buffer.byteLength} bytes`
  return undefined
}

/** A flag of a 32-bit word as bitwise operators see it: 2 ** 31 is negative to them. Undefined for what is not one bit. */
export function oneBit(flag: number): number | undefined {
  const bit = flag | 0
  const same = bit === flag || bit >>> 0 === flag
  return same && bit !== 0 && (bit & (bit - 1)) === 0 ? bit : undefined
}

import { DESCRIPTOR_BYTES } from '../layout/index.js'

/** The index after `at`. */
export function after(at: number, size: number): number {
  return at + 1 === size ? 0 : at + 1
}

/** How far it is from `from` up to `to`. */
export function distance(from: number, to: number, size: number): number {
  return to >= from ? to - from : to - from + size
}

/** Calls `sync` for the descriptors from `from` up to, not including, `to`: one piece, or two around the ring's end. */
export function syncSpan(
  sync: (offset: number, bytes: number) => void,
  ring: number,
  size: number,
  from: number,
  to: number,
): void {
  if (to < from) {
    sync(ring + from * DESCRIPTOR_BYTES, (size - from) * DESCRIPTOR_BYTES)
    if (to > 0) sync(ring, to * DESCRIPTOR_BYTES)
  } else if (to > from) {
    sync(ring + from * DESCRIPTOR_BYTES, (to - from) * DESCRIPTOR_BYTES)
  }
}

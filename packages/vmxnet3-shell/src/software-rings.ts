import { DESC_BYTES, MAX_RX_RING, RING_SIZE_UNIT } from '@npa/vmxnet3-spec'

/**
 * Where vmxnet3's rings lie in the memory that the plugin window has for a queue. Transmit: ring, completion ring. Receive: ring 1
 * (head buffers), ring 2 (body buffers), completion ring. Every part starts at a multiple of 512 bytes.
 */

/** Descriptors of receive ring 2 beside a ring 1 of `size`: a quarter. */
export function bodyRingSize(size: number): number {
  return Math.max(RING_SIZE_UNIT, Math.floor(size / 4 / RING_SIZE_UNIT) * RING_SIZE_UNIT)
}

/** Bytes of ring memory for a queue of `size` descriptors; throws a `RangeError` for a size that vmxnet3 cannot have. */
export function softwareRingBytes(kind: 'tx' | 'rx', size: number): number {
  if (size < RING_SIZE_UNIT || size > MAX_RX_RING || size % RING_SIZE_UNIT !== 0) {
    throw new RangeError(`vmxnet3 ring of ${size} descriptors: 32 to 4096 in steps of 32`)
  }
  return 2 * DESC_BYTES * (kind === 'tx' ? size : size + bodyRingSize(size))
}

/** Byte offset of the transmit completion ring. */
export function txCompOffset(size: number): number {
  return size * DESC_BYTES
}

/** Byte offset of receive ring 2. */
export function rxBodyOffset(size: number): number {
  return size * DESC_BYTES
}

/** Byte offset of the receive completion ring. */
export function rxCompOffset(size: number): number {
  return (size + bodyRingSize(size)) * DESC_BYTES
}

/** Entries of the receive completion ring. */
export function rxCompSize(size: number): number {
  return size + bodyRingSize(size)
}

/**
 * What the guest plugin and the PF driver must agree on: the rings and how they lie in the plugin window. A ring is nothing but its
 * descriptors; all other state of the plugin is in its private area.
 */

/** Version of this agreement: word `DeviceInfo.layout` of the plugin data. A plugin refuses any other. */
export const RING_LAYOUT = 1

/** Word offsets in the plugin data. */
export const DeviceInfo = {
  layout: 0,
  /** What the plugin writes to VTEITR, in the chip's unit: the least time between two interrupts. */
  throttle: 1,
  words: 2,
} as const

/** A descriptor of any kind. */
export const DESCRIPTOR_BYTES = 16
export const DESCRIPTOR_WORDS = 4

/** Bytes of the plugin's private area: all state it has beside the rings. */
export const PRIVATE_BYTES = 1024

/** Bytes of a receive buffer, as SRRCTL is programmed and the plugin asks for. */
export const RX_BUFFER_BYTES = 2048

/** Descriptors of a ring: RDLEN and TDLEN count in 128 bytes; the 82599's are valid up to 128 KiB (8.2.3.8.3, 8.2.3.9.7). */
const RING_STEP = 8
const RING_MIN = 32
const RING_MAX = 8192

/** Bytes that a ring needs in the window; 0 when the chip cannot have such a ring. */
export function ringBytes(descriptors: number): number {
  const possible = descriptors >= RING_MIN && descriptors <= RING_MAX && descriptors % RING_STEP === 0
  return possible ? descriptors * DESCRIPTOR_BYTES : 0
}

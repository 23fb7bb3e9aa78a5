/** Data-path registers of an 82599 VF, byte offsets in its BAR0 (82599 datasheet 8.3.5). */

/** Interrupt cause set, mask set, mask clear: a bit for each of three vectors. */
export const VTEICS = 0x104
export const VTEIMS = 0x108
export const VTEIMC = 0x10c

/** Least time between two interrupts of vector 0. */
export const VTEITR = 0x820

/** Receive and transmit descriptor tails of queue 0, and bytes to those of queue 1. */
export const VFRDT = 0x1018
export const VFTDT = 0x2018
export const QUEUE_STRIDE = 0x40

/** Data-path registers of an 82576 VF, byte offsets in its BAR0 (82576 datasheet 8.26). */

/** Interrupt cause set, mask set, mask clear: a bit for each of three vectors. */
export const VTEICS = 0x1520
export const VTEIMS = 0x1524
export const VTEIMC = 0x1528

/** Least time between two interrupts of vector 0. */
export const VTEITR = 0x1680

/** Vectors of the queues: the PF has no alias of it. */
export const VTIVAR = 0x1700

/** Receive and transmit descriptor tails of queue 0, and bytes to those of queue 1. */
export const RDT = 0x2818
export const TDT = 0x3818
export const QUEUE_STRIDE = 0x100

/** Data-path registers of an 82599 VF, byte offsets in its BAR0 (82599 datasheet 8.3.5). */

/** Interrupt cause set, mask set, mask clear: a bit for each of three vectors. */
export const VTEICS = 0x104
export const VTEIMS = 0x108
export const VTEIMC = 0x10c

/** Least time between two interrupts of a vector. */
export function VTEITR(vector: number): number {
  return 0x820 + 4 * vector
}

/** Receive descriptor tail. */
export function VFRDT(queue: number): number {
  return 0x1018 + 0x40 * queue
}

/** Transmit descriptor tail. */
export function VFTDT(queue: number): number {
  return 0x2018 + 0x40 * queue
}

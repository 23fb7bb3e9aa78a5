/** How deep a reset goes: power-on, bus (secondary bus reset), or one PCI function (function-level reset). */
export type ResetKind = 'power' | 'bus' | 'function'

/** Memory-mapped registers as a driver sees them: 32-bit accesses at byte offsets, values as u32. */
export interface Mmio {
  read32(offset: number): number
  write32(offset: number, value: number): void
}

import { Header } from './registers.js'

/** Configuration accesses of one function, as its driver makes them. A `PciFunction` is one. */
export interface ConfigAccess {
  configRead(offset: number, size: 1 | 2 | 4): number
  configWrite(offset: number, size: 1 | 2 | 4, value: number): void
}

/** The offset of a capability, or 0. A chain that loops ends after as many steps as can fit. */
export function findCapability(config: ConfigAccess, id: number): number {
  if ((config.configRead(Header.status, 2) & 0x10) === 0) return 0
  let at = config.configRead(Header.capabilities, 1) & 0xfc
  for (let steps = 0; at >= 0x40 && steps < 48; steps++) {
    if (config.configRead(at, 1) === id) return at
    at = config.configRead(at + 1, 1) & 0xfc
  }
  return 0
}

/** The offset of an extended capability, or 0. */
export function findExtended(config: ConfigAccess, id: number): number {
  let at = 0x100
  for (let steps = 0; at >= 0x100 && steps < 960; steps++) {
    const header = config.configRead(at, 4)
    if (header === 0 || header === 0xffffffff) return 0
    if ((header & 0xffff) === id) return at
    at = (header >>> 20) & 0xffc
  }
  return 0
}

/** Sets and clears bits of a 16-bit register. */
export function modify16(config: ConfigAccess, offset: number, clear: number, set: number): void {
  config.configWrite(offset, 2, (config.configRead(offset, 2) & ~clear) | set)
}

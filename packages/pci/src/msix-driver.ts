import type { Mmio } from '@npa/core'
import { findCapability, modify16 } from './config-access.js'
import type { ConfigAccess } from './config-access.js'
import type { MsiMessage } from './msi-message.js'
import { Capability, MsixCap } from './registers.js'

/** Vectors in a function's MSI-X table; 0 when it has no MSI-X. */
export function msixTableSize(config: ConfigAccess): number {
  const at = findCapability(config, Capability.msix)
  return at === 0 ? 0 : (config.configRead(at + MsixCap.control, 2) & MsixCap.sizeMask) + 1
}

/**
 * Enables MSI-X as an operating system does: enabled with all vectors masked, every entry masked, `messages` written to the
 * first ones, and then unmasked. Memory decoding must be on. Returns the number of vectors that are in use.
 */
export function enableMsix(
  config: ConfigAccess,
  bar: (index: number) => Mmio,
  messages: readonly MsiMessage[],
): number {
  const size = msixTableSize(config)
  if (size === 0) return 0
  const at = findCapability(config, Capability.msix)
  modify16(config, at + MsixCap.control, 0, MsixCap.enable | MsixCap.functionMask)
  const where = config.configRead(at + MsixCap.table, 4)
  const table = bar(where & 7)
  const base = where & ~7
  for (let vector = 0; vector < size; vector++) table.write32(base + vector * 16 + 12, 1)
  const count = Math.min(size, messages.length)
  for (let vector = 0; vector < count; vector++) {
    const { addressLo, addressHi, data } = messages[vector]
    const entry = base + vector * 16
    table.write32(entry, addressLo)
    table.write32(entry + 4, addressHi)
    table.write32(entry + 8, data)
    table.write32(entry + 12, 0)
  }
  modify16(config, at + MsixCap.control, MsixCap.functionMask, 0)
  return count
}

/** Turns MSI-X off. */
export function disableMsix(config: ConfigAccess): void {
  const at = findCapability(config, Capability.msix)
  if (at !== 0) modify16(config, at + MsixCap.control, MsixCap.enable, 0)
}

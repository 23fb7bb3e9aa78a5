import type { Mmio } from '@npa/core'
import { findCapability, modify16 } from './config-access.js'
import type { ConfigAccess } from './config-access.js'
import type { PciFunction } from './pci-function.js'
import { Capability, Command, ExpressCap, Header } from './registers.js'

/** Lets a function decode memory and master the bus, as a driver does first. */
export function enableFunction(config: ConfigAccess): void {
  modify16(config, Header.command, 0, Command.memory | Command.busMaster)
}

/** Stops a function from mastering the bus. */
export function disableBusMaster(config: ConfigAccess): void {
  modify16(config, Header.command, Command.busMaster, 0)
}

/**
 * Triggers a function-level reset, whether or not it is advertised; false when there is no PCI Express capability. Our
 * functions are ready at once; others need 100 ms. The command register and MSI-X are the caller's to set up again.
 */
export function functionLevelReset(config: ConfigAccess): boolean {
  const at = findCapability(config, Capability.express)
  if (at === 0) return false
  modify16(config, at + ExpressCap.deviceControl, 0, ExpressCap.initiateFlr)
  return true
}

/** The registers behind a BAR of a function that stands on no bus of ours. */
export function functionBar(fn: PciFunction, index: number): Mmio {
  return {
    read32: (offset) => fn.barRead(index, offset, 4),
    write32: (offset, value) => fn.barWrite(index, offset, 4, value),
  }
}

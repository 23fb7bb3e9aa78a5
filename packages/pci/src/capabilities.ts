import type { ConfigSpace } from './config-space.js'
import { Capability, ExpressCap, Extended, PowerCap } from './registers.js'

/** Power management (PCI PM 1.2): D0 and D3hot, no soft reset on the way back, no PME. */
export function powerManagement(config: ConfigSpace, offset: number): void {
  config.capability(Capability.powerManagement, offset, 8)
  config.init(offset + 2, 2, 0x0003)
  config.init(offset + PowerCap.control, 2, 0x0008)
  config.writable(offset + PowerCap.control, 2, PowerCap.state)
  // D1 and D2 are not there: a write that asks for them is completed and changes nothing (PCI PM 1.2, 3.2.4).
  config.onWrite(offset + PowerCap.control, 2, (before) => {
    const wanted = config.get(offset + PowerCap.control, 2) & PowerCap.state
    if (wanted === 1 || wanted === 2) config.set(offset + PowerCap.control, 2, before)
  })
}

/** What an endpoint's PCI Express capability says. */
export interface ExpressOptions {
  /** Whether the function advertises function-level reset. A written trigger acts in any case, as drivers rely on. */
  readonly flr: boolean
  /** 1 for 2.5, 2 for 5, 3 for 8 GT/s. */
  readonly linkSpeed: number
  /** Lanes. */
  readonly linkWidth: number
  /** A virtual function: of the control registers only the reset trigger is there (SR-IOV 1.1, 3.5). */
  readonly virtual: boolean
}

/** The PCI Express capability, version 2, of an endpoint: 60 bytes. Transactions are never pending: transfers are immediate. */
export function express(config: ConfigSpace, offset: number, options: ExpressOptions): void {
  const link = options.linkSpeed | (options.linkWidth << 4)
  config.capability(Capability.express, offset, 0x3c)
  config.init(offset + ExpressCap.flags, 2, 0x0002)
  // Payload up to 512 bytes, extended tags, role-based error reporting.
  config.init(offset + ExpressCap.deviceCapabilities, 4, 0x8022 | (options.flr ? ExpressCap.flrCapable : 0))
  config.init(offset + ExpressCap.linkCapabilities, 4, link)
  config.init(offset + ExpressCap.linkStatus, 2, options.virtual ? 0 : link)
  if (options.virtual) {
    config.writable(offset + ExpressCap.deviceControl, 2, ExpressCap.initiateFlr)
    return
  }
  config.init(offset + ExpressCap.deviceControl, 2, 0x2810)
  config.writable(offset + ExpressCap.deviceControl, 2, 0xf9ff)
  config.survives(offset + ExpressCap.deviceControl, 2, 0x00e0, 'held')
  config.clearable(offset + ExpressCap.deviceStatus, 2, 0x000f)
  config.writable(offset + ExpressCap.linkControl, 2, 0x00cb)
  config.survives(offset + ExpressCap.linkControl, 2, 0x00cb, 'held')
  config.writable(offset + ExpressCap.deviceControl2, 2, 0x001f)
  config.init(offset + ExpressCap.linkControl2, 2, options.linkSpeed)
  config.writable(offset + ExpressCap.linkControl2, 2, 0x000f)
  config.survives(offset + ExpressCap.linkControl2, 2, 0x000f, 'sticky')
}

/** Advanced error reporting; no error is ever logged. Defaults as in PCI Express 3.0, 7.10. */
export function advancedErrors(config: ConfigSpace, offset: number): void {
  const errors = 0x007ff030
  config.extended(Extended.aer, 1, offset, 0x2c)
  config.clearable(offset + 0x04, 4, errors)
  rewritable(config, offset + 0x08, 0, errors)
  rewritable(config, offset + 0x0c, 0x00462030, errors)
  config.clearable(offset + 0x10, 4, 0xf1c1)
  rewritable(config, offset + 0x14, 0x2000, 0xf1c1)
}

function rewritable(config: ConfigSpace, at: number, value: number, mask: number): void {
  config.init(at, 4, value)
  config.writable(at, 4, mask)
  config.survives(at, 4, mask, 'sticky')
}

/** Device serial number: an EUI-64 as two words. */
export function serialNumber(config: ConfigSpace, offset: number, lo: number, hi: number): void {
  config.extended(Extended.serialNumber, 1, offset, 12)
  config.init(offset + 4, 4, lo)
  config.init(offset + 8, 4, hi)
}

/** Alternative routing id interpretation. `next` is the next function's number, 0 for the last. */
export function alternativeRouting(config: ConfigSpace, offset: number, next: number): void {
  config.extended(Extended.ari, 1, offset, 8)
  config.init(offset + 5, 1, next)
}

import type { ConfigSpace } from './config-space.js'
import { Command, Header } from './registers.js'

/** Who a function says it is. `classCode` is 24 bits: base class, subclass, programming interface. */
export interface Identity {
  readonly vendor: number
  readonly device: number
  readonly revision: number
  readonly classCode: number
  readonly subsystemVendor: number
  readonly subsystem: number
}

/** A memory BAR: `bytes` a power of two from 16 to 2 GiB. A 64-bit one also takes the register after it. */
export interface BarLayout {
  readonly index: number
  readonly bytes: number
  readonly width: 32 | 64
  readonly prefetchable: boolean
}

/** Writes BAR registers at `base` (the header's, or the SR-IOV capability's); a register that no BAR uses stays zero. */
export function barRegisters(config: ConfigSpace, base: number, bars: readonly BarLayout[]): void {
  for (const bar of bars) {
    const { index, bytes, width } = bar
    const last = width === 64 ? index + 1 : index
    if (index < 0 || last > 5 || bytes < 16 || bytes > 0x80000000 || !Number.isInteger(Math.log2(bytes))) {
      throw new RangeError(`BAR${index} of ${bytes} bytes and ${width} bits cannot be`)
    }
    const at = base + 4 * index
    config.init(at, 4, (width === 64 ? 4 : 0) | (bar.prefetchable ? 8 : 0))
    config.writable(at, 4, -bytes)
    if (width === 64) config.writable(at + 4, 4, -1)
  }
}

/** A type 0 header. `pin` is the INTx pin (1 is A), 0 for none. */
export function endpointHeader(config: ConfigSpace, who: Identity, bars: readonly BarLayout[], pin: number): void {
  common(config, who)
  config.init(Header.vendor, 2, who.vendor)
  config.init(Header.device, 2, who.device)
  config.init(Header.interruptPin, 1, pin)
  config.writable(Header.interruptLine, 1, 0xff)
  config.writable(Header.cacheLine, 1, 0xff)
  const always = Command.memory | Command.busMaster | Command.parity | Command.serr
  config.writable(Header.command, 2, pin === 0 ? always : always | Command.intxDisable)
  config.clearable(Header.status, 2, 0xf900)
  barRegisters(config, Header.bar0, bars)
}

/**
 * The header of a virtual function (SR-IOV 1.1, 3.4.1): vendor and device read all ones, there are no BARs and no INTx, and of
 * the command register only Bus Master Enable is there.
 */
export function virtualHeader(config: ConfigSpace, who: Identity): void {
  common(config, who)
  config.init(Header.vendor, 2, 0xffff)
  config.init(Header.device, 2, 0xffff)
  config.writable(Header.command, 2, Command.busMaster)
  config.clearable(Header.status, 2, 0xf900)
}

function common(config: ConfigSpace, who: Identity): void {
  config.init(Header.revision, 4, who.revision | (who.classCode << 8))
  config.init(Header.subsystemVendor, 2, who.subsystemVendor)
  config.init(Header.subsystem, 2, who.subsystem)
}

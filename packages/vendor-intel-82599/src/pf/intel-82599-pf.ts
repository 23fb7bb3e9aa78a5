import { IntelPf } from '@npa/vendor-intel-common/pf'
import type { IntelPfOptions } from '@npa/vendor-intel-common/pf'
import { chip82599 } from './chip.js'
import { poolsOf } from './pools.js'
import type { Pools } from './pools.js'

/** How a host runs the driver of one physical function; `vfs` is 1 to 31. */
export interface Intel82599PfOptions extends IntelPfOptions {
  /** How the queues are dealt out: 64 pools of 2 unless given, or 32 of 4. */
  readonly pools?: 32 | 64
}

/**
 * The host's driver of an Intel 82599 physical function. It initialises the chip from its construction on, which takes some 110 ms;
 * until then the uplink takes no frame and operations wait.
 */
export class Intel82599Pf extends IntelPf<Pools> {
  /** Throws a `RangeError` for options out of range and an `Error` when the function is not an 82599's. */
  constructor(options: Intel82599PfOptions) {
    super(chip82599(poolsOf(options.vfs, options.pools ?? 64)), options)
  }
}

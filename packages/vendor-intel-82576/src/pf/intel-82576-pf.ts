import { DEFAULT_MTU, IntelPf } from '@npa/vendor-intel-common/pf'
import type { IntelPfOptions } from '@npa/vendor-intel-common/pf'
import { chip82576 } from './chip.js'

/**
 * The host's driver of an Intel 82576 physical function; `vfs` is 1 to 7. It initialises the chip from its construction on, which
 * takes some 100 ms; until then the uplink takes no frame and operations wait.
 */
export class Intel82576Pf extends IntelPf {
  /** Throws a `RangeError` for options out of range and an `Error` when the function is not an 82576's. */
  constructor(options: IntelPfOptions) {
    super(chip82576(options.vfs, options.mtu ?? DEFAULT_MTU), options)
  }
}

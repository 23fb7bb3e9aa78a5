import type { Mmio } from '@npa/core'
import { Happened, Vector } from '@npa/vendor-intel-common/pf'
import type { ChipEvents } from '@npa/vendor-intel-common/pf'
import * as R from './registers.js'

/** ICR, STATUS, VFLRE and LVMMC. The chip does not tell which queue it stopped. */
export function chipEvents(mmio: Mmio): ChipEvents {
  return {
    // Reading clears all of it (GPIE.NSICR); the causes of queues among it have vectors of their own.
    take: () => {
      const causes = mmio.read32(R.ICR)
      return (
        ((causes & R.Cause.linkChange) !== 0 ? Happened.link : 0) |
        ((causes & R.Cause.mailbox) !== 0 ? Happened.vfReset : 0) |
        ((causes & R.Cause.misbehaviour) !== 0 ? Happened.misbehaviour : 0)
      )
    },
    rearm: () => mmio.write32(R.EIMS, 1 << Vector.other),
    linkUp: () => (mmio.read32(R.STATUS) & R.STATUS_LINK_UP) !== 0,
    takeVfResets: () => {
      const bits = mmio.read32(R.VFLRE)
      if (bits !== 0) mmio.write32(R.VFLRE, bits)
      return bits
    },
    takeMisbehaviour: () => {
      const cause = mmio.read32(R.LVMMC)
      return cause === 0 ? [] : [{ cause }]
    },
  }
}

import type { Mmio } from '@npa/core'
import { Happened } from '@npa/vendor-intel-common/pf'
import type { ChipEvents, Misbehaviour } from '@npa/vendor-intel-common/pf'
import { CAUSES } from './bring-up.js'
import type { Pools } from './pools.js'
import * as R from './registers.js'

/** EICR's causes beside queues, LINKS, PFVFLRE and LVMMC. */
export function chipEvents(mmio: Mmio, pools: Pools): ChipEvents {
  const last = (direction: 'rx' | 'tx', causes: number, queue: number): Misbehaviour[] => {
    const cause = mmio.read32(causes)
    if (cause === 0) return []
    return [{ cause, pool: Math.floor((mmio.read32(queue) & R.LMVM_QUEUE) / pools.queuesPerPool), direction }]
  }
  return {
    take: () => {
      // EICS shows the causes without clearing them: EICR would take those of the queues' vectors along.
      const causes = mmio.read32(R.EICS) & CAUSES
      mmio.write32(R.EICR, causes)
      return (
        ((causes & R.Cause.linkChange) !== 0 ? Happened.link : 0) |
        ((causes & R.Cause.mailbox) !== 0 ? Happened.vfReset : 0) |
        ((causes & R.Cause.pciException) !== 0 ? Happened.misbehaviour : 0)
      )
    },
    rearm: () => mmio.write32(R.EIMS, CAUSES),
    linkUp: () => {
      // The first read shows what happened, the second what is.
      mmio.read32(R.LINKS)
      return (mmio.read32(R.LINKS) & R.LINKS_UP) !== 0
    },
    takeVfResets: () => {
      const bits = mmio.read32(R.PFVFLRE)
      if (bits !== 0) mmio.write32(R.PFVFLREC, bits)
      return bits
    },
    // Reading a cause clears it.
    takeMisbehaviour: () => [...last('rx', R.LVMMC_RX, R.LMVM_RX), ...last('tx', R.LVMMC_TX, R.LMVM_TX)],
  }
}

import { FakeChip as AnyFakeChip } from '@npa/vendor-intel-common/testing'
import type { FakeKind } from '@npa/vendor-intel-common/testing'
import { Intel82599Pf } from '../intel-82599-pf.js'
import type { Intel82599PfOptions } from '../intel-82599-pf.js'
import * as R from '../registers.js'

const KIND: FakeKind<Intel82599PfOptions> = {
  device: 0x10f9,
  totalVfs: 64,
  values: [
    [R.RAL(0), 0x00000002],
    [R.RAH(0), 0x80009900],
    [R.RXMEMWRAP, 0x8],
    [R.LINKS, R.LINKS_UP],
  ],
  answer: (offset, value) => {
    if (offset === R.EEC) return R.EEC_AUTO_READ_DONE
    if (offset === R.RDRXCTL) return (value | R.Rdrxctl.dmaInitDone) >>> 0
    return offset === R.SECRXSTAT ? R.SECRXSTAT_STOPPED : value
  },
  forgotten: [R.CTRL],
  driver: (options) => new Intel82599Pf(options),
}

/** An 82599 whose registers only remember. */
export class FakeChip extends AnyFakeChip<Intel82599PfOptions> {
  constructor(driverBytes?: number) {
    super(KIND, driverBytes)
  }
}

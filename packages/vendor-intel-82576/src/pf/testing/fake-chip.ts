import type { IntelPfOptions } from '@npa/vendor-intel-common/pf'
import { FakeChip as AnyFakeChip } from '@npa/vendor-intel-common/testing'
import type { FakeKind } from '@npa/vendor-intel-common/testing'
import { Intel82576Pf } from '../intel-82576-pf.js'
import * as R from '../registers.js'

const KIND: FakeKind<IntelPfOptions> = {
  device: 0x10c9,
  totalVfs: 8,
  values: [
    [R.RAL(0), 0x00000002],
    [R.RAH(0), 0x80009900],
    [R.EEC, R.EEC_AUTO_READ_DONE],
    [R.STATUS, R.STATUS_LINK_UP],
    [R.PBRWAC, 0x8],
  ],
  answer: (offset, value) => {
    if (offset === R.MDIC) return (value | R.Mdic.ready) >>> 0
    return offset === R.CTRL ? value & ~R.Ctrl.reset : value
  },
  forgotten: [R.PVTCTRL(0), R.VFLRE],
  driver: (options) => new Intel82576Pf(options),
}

/** An 82576 whose registers only remember; resets are over at once. */
export class FakeChip extends AnyFakeChip {
  constructor(driverBytes?: number) {
    super(KIND, driverBytes)
  }
}

import type fc from 'fast-check'
import { hostileSteps } from '../../intel/testing/hostile.js'
import type { Step } from '../../intel/testing/hostile.js'
import { Reg } from './bare-program.js'

/** Whatever may be done to a chip; the registers that matter most come often. */
export const step: fc.Arbitrary<Step> = hostileSteps(
  [0x2818, 0x3818, 0x2828, 0x3828, 0x280c, 0x3838, 0xc40, 0x1520, 0x1580, 0x1680],
  [
    0,
    Reg.ctrlExt,
    Reg.mdic,
    Reg.ims,
    Reg.icr,
    Reg.rctl,
    Reg.tctl,
    Reg.gpie,
    Reg.eims,
    Reg.qde,
    Reg.dtxswc,
    Reg.vmvir,
    Reg.vfre,
    Reg.vfte,
    Reg.mrqc,
    Reg.vtCtl,
    Reg.vmolr,
    Reg.rplolr,
    Reg.vlvf,
    Reg.rlpml,
    0x2404,
    0x5b68,
    0xc0d8,
    0xc018,
    0xe0d8,
    0xe018,
    0x10000,
  ],
)

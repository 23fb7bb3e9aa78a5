import { ChipBench } from '../../intel/testing/chip-bench.js'
import type { CardPort } from '../../intel/testing/chip-bench.js'
import { macOf, PF_MAC } from '../../intel/testing/frames.js'
import type { RxRing, TxRing } from '../../intel/testing/ring.js'
import { createIntel82576 } from '../index.js'
import type { Intel82576, Intel82576Options } from '../index.js'

const SRRCTL = 0x0c

/** Offsets in the PF's space that the tests use. */
export const Reg = {
  ctrl: 0x0,
  status: 0x8,
  eerd: 0x14,
  ctrlExt: 0x18,
  mdic: 0x20,
  icr: 0xc0,
  ics: 0xc8,
  ims: 0xd0,
  imc: 0xd8,
  iam: 0xe0,
  rctl: 0x100,
  tctl: 0x400,
  gpie: 0x1514,
  eics: 0x1520,
  eims: 0x1524,
  eimc: 0x1528,
  eiac: 0x152c,
  eiam: 0x1530,
  eicr: 0x1580,
  eitr: 0x1680,
  ivar: 0x1700,
  ivarMisc: 0x1740,
  qde: 0x2408,
  dtxswc: 0x3500,
  wvbr: 0x3554,
  dtxctl: 0x3590,
  vmvir: 0x3700,
  vfre: 0xc8c,
  vfte: 0xc90,
  rlpml: 0x5004,
  mta: 0x5200,
  ral: 0x5400,
  mrqc: 0x5818,
  vtCtl: 0x581c,
  vmolr: 0x5ad0,
  rplolr: 0x5af0,
  reta: 0x5c00,
  rssrk: 0x5c80,
  vlvf: 0x5d00,
  uta: 0xa000,
  rxQueue: 0xc000,
  txQueue: 0xe000,
} as const

/** VMOLR of a pool that takes broadcasts and untagged frames, up to 1518 bytes. */
export const PLAIN_POOL = 0x09000000
/** RCTL: on, broadcasts, no FCS; and what turns the VLAN filter on. */
export const RECEIVE = 0x04008002
export const VLAN_FILTER: number = 1 << 18

/** A chip with a far end, link up, the port set up for pools, virtual functions enabled; nobody's driver. */
export class BareProgram extends ChipBench<Intel82576> {
  /** The PF's. */
  readonly pool: number

  constructor(numVfs = 3, options: Partial<Intel82576Options> = {}, card?: CardPort<Intel82576>) {
    super(SRRCTL, (parts) => createIntel82576({ ...parts, mac: PF_MAC, ...options }), card)
    this.pool = numVfs
    this.setUpPort(numVfs)
    if (numVfs > 0) this.enableVfs(numVfs)
  }

  /** Link, pools, filters: each pool has its address, all take broadcasts and untagged frames. */
  setUpPort(numVfs: number): void {
    const { pf } = this
    pf.write(Reg.ctrl, 0x41)
    pf.write(Reg.vtCtl, 0x40000000 | (numVfs << 7))
    pf.write(Reg.mrqc, numVfs > 0 ? 3 : 0)
    pf.write(Reg.gpie, 0xc0000011)
    pf.write(Reg.dtxswc, 0x80000000)
    for (let pool = 0; pool <= numVfs; pool++) this.givePool(pool, macOf(pool))
    pf.write(Reg.vfre, (1 << (numVfs + 1)) - 1)
    pf.write(Reg.vfte, (1 << (numVfs + 1)) - 1)
    pf.write(Reg.tctl, 0xa)
    pf.write(Reg.rctl, RECEIVE)
    pf.write(Reg.ctrlExt, 1 << 14)
  }

  /** Entry `pool` of the exact filters is the pool's. */
  givePool(pool: number, mac: Uint8Array): void {
    const { pf } = this
    pf.write(Reg.ral + 8 * pool, mac[0] | (mac[1] << 8) | (mac[2] << 16) | (mac[3] << 24))
    pf.write(Reg.ral + 8 * pool + 4, mac[4] | (mac[5] << 8) | (1 << (18 + pool)) | 0x80000000)
    pf.write(Reg.vmolr + 4 * pool, PLAIN_POOL)
  }

  /** Rings of queue 0 of a virtual function, enabled: 32 descriptors each, none posted. */
  vfRings(vf: number): { tx: TxRing; rx: RxRing } {
    return this.rings(this.vfs[vf], 0x3800, 0x2800)
  }

  /** The same for the first queue of the PF's pool, through the PF's registers. */
  pfRings(): { tx: TxRing; rx: RxRing } {
    return this.pfQueue(this.pool)
  }

  /** The same for a queue of the PF; `place` keeps two of them apart. */
  pfQueue(queue: number, place = 0): { tx: TxRing; rx: RxRing } {
    return this.rings(this.pf, Reg.txQueue + queue * 0x40, Reg.rxQueue + queue * 0x40, place)
  }
}

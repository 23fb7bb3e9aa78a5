import { ChipBench } from '../../intel/testing/chip-bench.js'
import type { CardPort } from '../../intel/testing/chip-bench.js'
import { macOf, PF_MAC } from '../../intel/testing/frames.js'
import type { RxRing, TxRing } from '../../intel/testing/ring.js'
import { createIntel82599 } from '../index.js'
import type { Intel82599, Intel82599Options } from '../index.js'

const SRRCTL = 0x14

/** A chip with a far end, the port set up for 64 pools, virtual functions enabled; nobody's driver. */
export class BareProgram extends ChipBench<Intel82599> {
  readonly pool: number

  constructor(numVfs = 3, options: Partial<Intel82599Options> = {}, card?: CardPort<Intel82599>) {
    super(SRRCTL, (parts) => createIntel82599({ ...parts, mac: PF_MAC, ...options }), card)
    this.pool = numVfs
    this.setUpPort(numVfs)
    this.enableVfs(numVfs)
  }

  /** PFVTCTL, pool modes, filters: each pool has its address, all take broadcasts and untagged frames. */
  setUpPort(numVfs: number): void {
    const { pf } = this
    pf.write(0x51b0, 0x40000001 | (numVfs << 7))
    pf.write(0x11050, 0x80000003)
    pf.write(0x898, 0x8000c010)
    pf.write(0x5818, 8)
    pf.write(0x8120, 6)
    pf.write(0x4a80, 0x81000005)
    pf.write(0x5080, 0x600)
    pf.write(0x3000, 1)
    pf.write(0x8220, 1)
    for (let pool = 0; pool <= numVfs; pool++) this.givePool(pool, macOf(pool))
    pf.write(0x51e0, (1 << (numVfs + 1)) - 1)
    pf.write(0x8110, (1 << (numVfs + 1)) - 1)
    pf.write(0x18, 1 << 14)
  }

  /** Entry `pool` of the exact filters is the pool's. */
  givePool(pool: number, mac: Uint8Array): void {
    const { pf } = this
    pf.write(0xa200 + 8 * pool, mac[0] | (mac[1] << 8) | (mac[2] << 16) | (mac[3] << 24))
    pf.write(0xa204 + 8 * pool, mac[4] | (mac[5] << 8) | 0x80000000)
    pf.write(0xa600 + 8 * pool, pool < 32 ? 1 << pool : 0)
    pf.write(0xa604 + 8 * pool, pool < 32 ? 0 : 1 << (pool - 32))
    pf.write(0xf000 + 4 * pool, (1 << 27) | (1 << 24))
  }

  /** Rings of queue 0 of a virtual function, enabled: 32 descriptors each, none posted. */
  vfRings(vf: number): { tx: TxRing; rx: RxRing } {
    return this.rings(this.vfs[vf], 0x2000, 0x1000)
  }

  /** The same for the first queue of the PF's pool, through the PF's registers. */
  pfRings(): { tx: TxRing; rx: RxRing } {
    const queue = this.pool * 2
    return this.rings(this.pf, 0x6000 + queue * 0x40, 0x1000 + queue * 0x40)
  }
}

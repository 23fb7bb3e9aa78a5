import { VirtualScheduler } from '@npa/core'
import { Arena } from '@npa/memory'
import { SriovCap, enableFunction } from '@npa/pci'
import { createIntel82599 } from '../index.js'
import type { Intel82599 } from '../index.js'
import { Far } from '../../intel/testing/far.js'
import { macOf, PF_MAC } from '../../intel/testing/frames.js'
import { RxRing, TxRing } from '../../intel/testing/ring.js'
import { Side } from '../../intel/testing/side.js'

/** A chip with a far end, the port set up for 64 pools, virtual functions enabled; nobody's driver. */
export class BareProgram {
  readonly arena: Arena
  readonly scheduler: VirtualScheduler = new VirtualScheduler()
  readonly chip: Intel82599
  readonly far: Far
  readonly pf: Side
  vfs: Side[] = []
  readonly pool: number

  constructor(numVfs = 3) {
    const { scheduler } = this
    const arena = new Arena((4 + numVfs) << 20)
    this.arena = arena
    this.chip = createIntel82599({ arena, scheduler, name: 'nic', mac: PF_MAC })
    this.far = new Far(arena)
    this.far.connect(this.chip.wire)
    this.chip.wire.connect(this.far)
    this.pool = numVfs
    this.pf = new Side(arena, 'pf', this.chip.pf, (vfs) => {
      this.vfs = vfs.map((vf, i) => new Side(arena, `vf${i}`, vf, () => undefined))
    })
    enableFunction(this.chip.pf)
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

  enableVfs(count: number): void {
    const sriov = 0x160
    this.chip.pf.configWrite(sriov + SriovCap.numVfs, 2, count)
    this.chip.pf.configWrite(sriov + SriovCap.control, 2, SriovCap.vfEnable | SriovCap.vfMemory)
    for (const vf of this.vfs) enableFunction(vf.fn)
  }

  /** Lets the chip work for up to `ns` of virtual time, or until it has nothing to do. */
  run(ns = 1_000_000): void {
    this.scheduler.run(() => false, this.scheduler.nowNs() + ns)
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

  /** Rings with registers at these places of a function's BAR; a function's memory has room for two pairs, `place` 0 and 1. */
  rings(side: Side, txBase: number, rxBase: number, place = 0, size = 32): { tx: TxRing; rx: RxRing } {
    const tx = new TxRing(side, txBase, 0x1000 + place * 0x2000, size, 0x10000 + place * 0x8000)
    const rx = new RxRing(side, rxBase, 0x2000 + place * 0x2000, 32, 0x20000 + place * 0x10000)
    side.write(rxBase + 0x14, 0x02000402)
    tx.start()
    rx.start()
    this.run()
    return { tx, rx }
  }

  counter(name: string): number {
    return this.chip.counters.get(name)
  }

  /** Copies made less copies accounted for; zero, always. */
  get missing(): number {
    const all = this.chip.counters.snapshot()
    let ends = all['delivered'] + all['filtered'] + all['wire.out'] + this.chip.inFlight
    for (const [name, value] of Object.entries(all)) if (name.startsWith('drop.')) ends += value
    return all['copies'] - ends
  }
}

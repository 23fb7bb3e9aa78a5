import { VirtualScheduler } from '@npa/core'
import type { Clock, Counters, TaskSource } from '@npa/core'
import { Arena } from '@npa/memory'
import { SriovCap, enableFunction } from '@npa/pci'
import type { PciFunction } from '@npa/pci'
import type { Port } from '@npa/wire'
import { Far } from './far.js'
import { RxRing, TxRing } from './ring.js'
import { Side } from './side.js'

const SRIOV = 0x160

/** Room for a chip, and for the memory of as many functions as any chip has. */
const ARENA = 24 << 20

/** What every chip of the family shows of itself. */
export interface BenchChip {
  readonly pf: PciFunction
  readonly wire: Port
  readonly counters: Counters
  readonly inFlight: number
  setLink(on: boolean): void
  save(): unknown
  restore(untrusted: unknown): void
}

/** A port of a card with others, whose arena and scheduler they share. */
export interface CardPort<Chip extends BenchChip> {
  readonly arena: Arena
  readonly scheduler: VirtualScheduler
  readonly chip: Chip
}

/** A chip with a far end, its functions' memory apart; nobody's driver. */
export class ChipBench<Chip extends BenchChip> {
  readonly arena: Arena
  readonly scheduler: VirtualScheduler
  readonly chip: Chip
  readonly far: Far
  readonly pf: Side
  /** When it was made the twin of another, or another its twin, ns. */
  epochNs = 0
  vfs: Side[] = []
  /** All virtual functions that were ever there. */
  readonly known: Side[] = []
  /** SRRCTL, from the start of a queue's registers. */
  readonly #srrctl: number
  readonly #now = (): number => this.scheduler.nowNs()

  constructor(
    srrctl: number,
    create: (parts: { arena: Arena; scheduler: Clock & TaskSource; name: string }) => Chip,
    card?: CardPort<Chip>,
  ) {
    const arena = card?.arena ?? new Arena(ARENA)
    this.arena = arena
    this.scheduler = card?.scheduler ?? new VirtualScheduler()
    this.#srrctl = srrctl
    this.chip = card?.chip ?? create({ arena, scheduler: this.scheduler, name: 'nic' })
    this.far = new Far(arena, this.#now)
    this.far.connect(this.chip.wire)
    this.chip.wire.connect(this.far)
    this.pf = new Side(arena, 'pf', this.chip.pf, this.#now, (vfs) => {
      this.vfs = vfs.map((vf, i) => this.#side(vf, i))
    })
    enableFunction(this.chip.pf)
  }

  /** A virtual function keeps its memory while it is away. */
  #side(fn: PciFunction, index: number): Side {
    if (index === this.known.length) this.known.push(new Side(this.arena, `vf${index}`, fn, this.#now, () => undefined))
    return this.known[index]
  }

  enableVfs(count: number): void {
    this.chip.pf.configWrite(SRIOV + SriovCap.numVfs, 2, count)
    this.chip.pf.configWrite(SRIOV + SriovCap.control, 2, SriovCap.vfEnable | SriovCap.vfMemory)
    for (const vf of this.vfs) enableFunction(vf.fn)
  }

  /** Lets the chip work for up to `ns` of virtual time, or until it has nothing to do. */
  run(ns = 1_000_000): void {
    this.scheduler.run(() => false, this.scheduler.nowNs() + ns)
  }

  /** Rings with registers at these places of a function's BAR; a function's memory has room for two pairs, `place` 0 and 1. */
  rings(side: Side, txBase: number, rxBase: number, place = 0, size = 32): { tx: TxRing; rx: RxRing } {
    const tx = new TxRing(side, txBase, 0x1000 + place * 0x2000, size, 0x10000 + place * 0x8000)
    const rx = new RxRing(side, rxBase, 0x2000 + place * 0x2000, 32, 0x20000 + place * 0x10000)
    side.write(rxBase + this.#srrctl, 0x02000402)
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

import { Mismatch } from './check.js'
import type { FunctionUnderTest, RunningChip } from './chip-under-test.js'
import type { BitPlace, Family, PoolRules, Write } from './family.js'
import { addressOf } from './frames.js'
import { ringPair } from './rings.js'
import type { RxRing, TxRing } from './rings.js'

const EXTENDED_SRIOV = 0x10
/** Offsets in the SR-IOV capability (SR-IOV 1.1, 3.3): control with VF enable and VF memory enable, and how many. */
const SRIOV = { control: 8, numVfs: 0x10, enable: 9 }
/** SRRCTL: an advanced descriptor with one buffer of 2 KiB. */
const ONE_BUFFER = 0x02000402

/** How long negotiating a link may take. */
const LINK_TRIES = 30
const LINK_STEP_NS = 100_000_000

/** What every pool does unless a question says otherwise. */
export const PLAIN: PoolRules = { untagged: true, broadcast: true }

/** A pool's first queue, both ways. */
export interface Rings {
  readonly tx: TxRing
  readonly rx: RxRing
}

/** A running chip with what questions have in common: registers by name of the family, a port that is set up, rings. */
export class Bench {
  readonly chip: RunningChip
  readonly family: Family
  readonly pf: FunctionUnderTest
  vfs: FunctionUnderTest[] = []
  readonly #places = new Map<FunctionUnderTest, number>()

  constructor(chip: RunningChip, family: Family) {
    this.chip = chip
    this.family = family
    this.pf = chip.pf
  }

  read(offset: number): Promise<number> {
    return this.pf.read(0, offset)
  }

  write(offset: number, value: number): Promise<void> {
    return this.pf.write(0, offset, value >>> 0)
  }

  async apply(writes: readonly Write[]): Promise<void> {
    for (const [offset, value] of writes) await this.write(offset, value)
  }

  async bit({ offset, bit }: BitPlace): Promise<number> {
    return ((await this.read(offset)) >>> bit) & 1
  }

  setBit({ offset, bit }: BitPlace): Promise<void> {
    return this.write(offset, 1 << bit)
  }

  /** Offset of an extended capability of the PF, or 0. */
  async extended(id: number): Promise<number> {
    let at = 0x100
    for (let steps = 0; at >= 0x100 && steps < 960; steps++) {
      const header = await this.pf.configRead(at, 4)
      if (header === 0 || header === 0xffffffff) return 0
      if ((header & 0xffff) === id) return at
      at = (header >>> 20) & 0xffc
    }
    return 0
  }

  sriov(): Promise<number> {
    return this.extended(EXTENDED_SRIOV)
  }

  async enableVfs(count: number): Promise<void> {
    const at = await this.sriov()
    await this.pf.configWrite(at + SRIOV.numVfs, 2, count)
    await this.pf.configWrite(at + SRIOV.control, 2, SRIOV.enable)
    for (let vf = 0; vf < count; vf++) this.vfs.push(await this.chip.vf(vf))
  }

  /** The port with this many virtual functions, the PF's pool behind theirs: each pool has its address, all are `PLAIN`. */
  async port(vfs = 2): Promise<void> {
    await this.enableVfs(vfs)
    await this.setUp(vfs)
  }

  /** What the PF's driver does after a reset. */
  async setUp(vfs: number): Promise<void> {
    const { family } = this
    for (let pool = 0; pool <= vfs; pool++) {
      await this.apply(family.exact(pool, addressOf(pool), 1 << pool))
      await this.apply(family.rules(pool, PLAIN))
    }
    await this.apply(family.setUp(vfs))
    await this.#link()
    await this.settle()
  }

  async #link(): Promise<void> {
    for (let tries = 0; tries < LINK_TRIES; tries++) {
      if ((await this.bit(this.family.linkUp)) === 1) return
      await this.chip.pass(LINK_STEP_NS)
    }
    throw new Mismatch('no link')
  }

  /** Starts a queue of a pool through its virtual function's registers, or for the PF's pool through the PF's, with buffers posted. */
  async rings(pool: number, options: { readonly index?: number; readonly buffers?: number } = {}): Promise<Rings> {
    const { index = 0, buffers = 16 } = options
    const { family } = this
    const ofVf = pool < this.vfs.length
    const fn = ofVf ? this.vfs[pool] : this.pf
    const place = this.#places.get(fn) ?? 0
    this.#places.set(fn, place + 1)
    const pair = ringPair(fn, ofVf ? family.vfQueue(index) : family.queue(pool, index), place)
    await pair.rx.write(family.srrctl, ONE_BUFFER)
    await pair.tx.start()
    await pair.rx.start()
    if (buffers > 0) await pair.rx.post(buffers)
    await this.settle()
    return pair
  }

  /** The port with this many virtual functions and rings for all pools, the PF's last. */
  async pools(vfs = 2): Promise<Rings[]> {
    await this.port(vfs)
    const all: Rings[] = []
    for (let pool = 0; pool <= vfs; pool++) all.push(await this.rings(pool))
    return all
  }

  /** Which pools got how many frames since the last time: a pool for each. */
  async takers(all: readonly Rings[]): Promise<number[]> {
    await this.settle()
    const pools: number[] = []
    for (const [pool, { rx }] of all.entries()) {
      const frames = await rx.take()
      pools.push(...frames.map(() => pool))
    }
    return pools
  }

  /** Which pools take a frame from the wire. */
  async arrives(all: readonly Rings[], frame: Uint8Array): Promise<number[]> {
    await this.chip.send(frame)
    return this.takers(all)
  }

  settle(): Promise<void> {
    return this.chip.settle()
  }

  /** Frames at the far end, after the chip has settled. */
  async out(): Promise<readonly Uint8Array[]> {
    await this.settle()
    return this.chip.received()
  }
}

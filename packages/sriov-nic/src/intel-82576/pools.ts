import type { RegisterFile } from '../engine/register-file.js'
import type { PoolMap } from '../intel/port-rules.js'
import { Rss } from '../intel/rss.js'
import type { RxLayers } from '../intel/rx-classify.js'
import { LIMITS } from './limits.js'

/** MRQC.MRQE. */
const Mode = { none: 0, rss: 2, vmdq: 3, vmdqRss: 5 } as const
/** VMOLR.RSSE. */
const RSS_ENABLE = 1 << 17
const POOLS = LIMITS.vfs

/** Which pool, and which function, a queue belongs to, and which queue of a pool a frame goes to (82576 datasheet 7.1.2, 7.10.2). */
export class Pools implements PoolMap {
  readonly #file: RegisterFile
  readonly #rss: Rss
  readonly #vmolr: number
  readonly #vmvir: number
  readonly #vfte: number
  readonly #psrtype: number
  /** Says how many virtual functions there are: function v has pool v. */
  functions: { readonly count: number } = { count: 0 }
  virtualised = false
  #mode = 0
  #defaultQueue = 0

  constructor(file: RegisterFile) {
    this.#file = file
    this.#rss = new Rss(file)
    this.#vmolr = file.word('VMOLR')
    this.#vmvir = file.word('VMVIR')
    this.#vfte = file.word('VFTE')
    this.#psrtype = file.word('PSRTYPE')
  }

  get lastHash(): number {
    return this.#rss.last
  }

  get vfs(): number {
    return this.functions.count
  }

  /** Takes the mode from its register. */
  refresh(): void {
    const mrqc = this.#file.get('MRQC')
    this.#mode = mrqc & 7
    this.#defaultQueue = (mrqc >>> 3) & 7
    this.virtualised = this.#mode === Mode.vmdq || this.#mode === Mode.vmdqRss
  }

  /** Takes the key of RSS from its registers. */
  refreshKey(): void {
    this.#rss.refresh()
  }

  /** The virtual function that a queue belongs to, or -1: the PF's. Without pools all queues are the PF's. */
  vfOf(queue: number): number {
    const pool = queue % POOLS
    return this.virtualised && pool < this.vfs ? pool : -1
  }

  txPool(queue: number): number {
    return this.virtualised ? queue % POOLS : 0
  }

  splitTypes(queue: number): number {
    return this.#file.values[this.#psrtype + (this.virtualised ? queue % POOLS : 0)]
  }

  mayTransmit(pool: number): boolean {
    return ((this.#file.values[this.#vfte] >>> pool) & 1) !== 0
  }

  portVlan(pool: number): number {
    return this.#file.values[this.#vmvir + pool] | 0
  }

  /** With pools, RSS chooses by bit 3 of the table's entry: queue v or v + 8. */
  rxQueue(pool: number, hash: number, hashed: boolean): number {
    if (!this.virtualised) return this.#mode === Mode.none ? this.#defaultQueue : hashed ? this.#rss.redirect(hash) : 0
    const rss = hashed && (this.#file.values[this.#vmolr + pool] & RSS_ENABLE) !== 0
    return rss ? pool + (this.#rss.redirect(hash) & POOLS) : pool
  }

  hash(u8: Uint8Array, layers: RxLayers): number {
    return this.#mode === Mode.rss || this.#mode === Mode.vmdqRss ? this.#rss.hash(u8, layers) : 0
  }
}

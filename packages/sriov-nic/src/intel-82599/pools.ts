import type { RegisterFile } from '../engine/register-file.js'
import type { PoolMap } from '../intel/port-rules.js'
import { Rss } from '../intel/rss.js'
import type { RxLayers } from '../intel/rx-classify.js'

/** Queues of a pool by GCR_EXT.VT_Mode: 16, 32 and 64 pools. */
const BY_VT_MODE = [0, 8, 4, 2] as const
/** By MRQC.MRQE 8 to 15; the modes below have no pools. */
const BY_MRQE = [0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 4, 2, 8, 4, 2, 2] as const
/** By MTQC 3:2 with VT_Ena: 64, 32 and 16 pools. */
const BY_MTQC = [2, 2, 4, 8] as const

/** Which pool, and which function, a queue belongs to, and which queue of a pool a frame goes to (82599, 7.1.2, 7.2.1.2). */
export class Pools implements PoolMap {
  readonly #file: RegisterFile
  readonly #rss: Rss
  readonly #psrtype: number
  readonly #vmvir: number
  readonly #vfte: number
  /** Says how many virtual functions there are: function v has pool v. */
  functions: { readonly count: number } = { count: 0 }
  /** PFVTCTL.VT_Ena. */
  virtualised = false
  /** Queues of a virtual function (GCR_EXT), of a pool in receive (MRQC) and in transmit (MTQC); 0 without pools. */
  perVf = 0
  perRxPool = 0
  perTxPool = 0
  #vfShift = 0
  #txShift = 0
  #hashing = false

  constructor(file: RegisterFile) {
    this.#file = file
    this.#rss = new Rss(file)
    this.#psrtype = file.word('PSRTYPE')
    this.#vmvir = file.word('PFVMVIR')
    this.#vfte = file.word('PFVFTE')
    for (const name of ['MRQC', 'MTQC']) {
      file.onWrite(name, (n, value) => {
        file.store(name, n, value)
        this.refresh()
      })
    }
  }

  get lastHash(): number {
    return this.#rss.last
  }

  get vfs(): number {
    return this.functions.count
  }

  /** Takes the modes from their registers. */
  refresh(): void {
    const file = this.#file
    const mrqe = file.get('MRQC') & 0xf
    const mtqc = file.get('MTQC')
    this.virtualised = (file.get('PFVTCTL') & 1) !== 0
    this.perVf = BY_VT_MODE[file.get('GCR_EXT') & 3]
    this.perRxPool = this.virtualised ? BY_MRQE[mrqe] : 0
    this.perTxPool = (mtqc & 2) !== 0 ? BY_MTQC[(mtqc >>> 2) & 3] : 0
    this.#vfShift = shiftOf(this.perVf)
    this.#txShift = shiftOf(this.perTxPool)
    this.#hashing = mrqe === 1 || mrqe === 0xa || mrqe === 0xb
  }

  /** Takes the key of RSS from its registers. */
  refreshKey(): void {
    this.#rss.refresh()
  }

  /** The virtual function that a queue belongs to, or -1: the PF's. */
  vfOf(queue: number): number {
    if (this.perVf === 0) return -1
    const pool = queue >> this.#vfShift
    return pool < this.vfs ? pool : -1
  }

  txPool(queue: number): number {
    return this.perTxPool === 0 ? 0 : queue >> this.#txShift
  }

  splitTypes(queue: number): number {
    const pool = this.perRxPool === 0 ? 0 : Math.floor(queue / this.perRxPool)
    return this.#file.values[this.#psrtype + pool]
  }

  mayTransmit(pool: number): boolean {
    return ((this.#file.values[this.#vfte + (pool >> 5)] >>> (pool & 31)) & 1) !== 0
  }

  portVlan(pool: number): number {
    return this.#file.values[this.#vmvir + pool] | 0
  }

  /** The receive queue of a frame in a pool (any pool while there are none). */
  rxQueue(pool: number, hash: number, hashed: boolean): number {
    const index = hashed ? this.#rss.redirect(hash) : 0
    if (this.perRxPool === 0) return this.virtualised ? 0 : index
    const bits = this.#file.values[this.#psrtype + pool] >>> 29
    return pool * this.perRxPool + (index & ((1 << bits) - 1) & (this.perRxPool - 1))
  }

  hash(u8: Uint8Array, layers: RxLayers): number {
    return this.#hashing ? this.#rss.hash(u8, layers) : 0
  }
}

/** The power of two that a number of queues is; any for none. */
function shiftOf(queues: number): number {
  return 31 - Math.clz32(queues | 1)
}

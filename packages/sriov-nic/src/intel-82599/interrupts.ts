import type { Clock, StateIo, TaskSource } from '@npa/core'
import { CauseSet } from '../intel/cause-set.js'
import type { RegisterFile } from '../engine/register-file.js'
import { Throttle } from '../engine/throttle.js'

/** Causes in EICR beside the sixteen of queues. */
export const Cause = { pciException: 0x40000, mailbox: 0x80000, linkChange: 0x100000 } as const

/** Vectors of a virtual function, and throttled sources: 64 of the PF, then 4 places for each virtual function. */
const VF_VECTORS = 3
const PF_SOURCES = 64
const VFS = 64
/** The source of the PF's causes that are not queues'. */
const OTHER = PF_SOURCES + VFS * 4

const QUEUE_BITS = 0xffff
const OTHER_BITS = 0x7fff0000

/** GPIE. */
const MULTIPLE_MSIX = 1 << 4
const OTHER_CLEAR_DISABLE = 1 << 5
const AUTO_MASK = 1 << 30

/** EITR counts in units of 2 us at 10 Gb/s: bits 11:3 (8.2.3.5.12). */
const ITR_UNIT_NS = 2000

/** CNT_WDIS, in what is written to EITR. */
const RUNS_ON = 1 << 31

/** Where interrupts leave: vector of the PF (function -1) or of a virtual function. */
export type RaiseVector = (fn: number, vector: number) => void

/** The interrupt block of the 82599 (7.3): causes, masks, allocation to vectors, throttling, for the PF and its virtual functions. */
export class Interrupts {
  readonly #file: RegisterFile
  readonly #raise: RaiseVector
  readonly #throttle: Throttle
  readonly #pf: CauseSet
  readonly #vfs: readonly CauseSet[]
  /** Causes that are not queues', as in EICR. */
  #other = 0
  #otherEnabled = 0
  readonly #ivar: number
  readonly #vtivar: number
  readonly #gpie: number

  constructor(scheduler: Clock & TaskSource, name: string, file: RegisterFile, raise: RaiseVector) {
    this.#file = file
    this.#raise = raise
    this.#ivar = file.word('IVAR')
    this.#vtivar = file.word('VTIVAR')
    this.#gpie = file.word('GPIE')
    this.#throttle = new Throttle(scheduler, `${name}.irq`, OTHER + 1, (source) => this.#fire(source))
    this.#pf = new CauseSet((vector) => this.#throttle.request(vector))
    this.#vfs = Array.from({ length: VFS }, (_, vf) => {
      return new CauseSet((vector) => this.#throttle.request(PF_SOURCES + vf * 4 + vector))
    })
    this.#pfRegisters()
    this.#vfRegisters()
    this.reset()
  }

  /** A completion was written for a queue of the PF; `tx` is 1 for a transmit queue. */
  pfQueue(queue: number, tx: number): void {
    const entry = this.#file.values[this.#ivar + (queue >> 1)] >>> (((queue & 1) * 2 + tx) * 8)
    if ((entry & 0x80) !== 0) this.#pf.raise(entry & 0x3f)
  }

  /** The same for queue `index` of a virtual function. */
  vfQueue(vf: number, index: number, tx: number): void {
    const entry = this.#file.values[this.#vtivar + vf * 4 + (index >> 1)] >>> (((index & 1) * 2 + tx) * 8)
    this.#vfVector(vf, entry)
  }

  /** When the moderation of a queue's interrupt has run out, ns; 0 for a queue that has none. */
  pfQueueDue(queue: number, tx: number): number {
    const entry = this.#file.values[this.#ivar + (queue >> 1)] >>> (((queue & 1) * 2 + tx) * 8)
    return (entry & 0x80) === 0 ? 0 : this.#throttle.allowedNs(entry & 0x3f)
  }

  /** The same for queue `index` of a virtual function. */
  vfQueueDue(vf: number, index: number, tx: number): number {
    const entry = this.#file.values[this.#vtivar + vf * 4 + (index >> 1)] >>> (((index & 1) * 2 + tx) * 8)
    return (entry & 0x80) === 0 || (entry & 3) >= VF_VECTORS
      ? 0
      : this.#throttle.allowedNs(PF_SOURCES + vf * 4 + (entry & 3))
  }

  vfMailbox(vf: number): void {
    this.#vfVector(vf, this.#file.get('PVTIVAR_MISC', vf))
  }

  /** Sets causes of EICR 30:16. */
  other(bits: number): void {
    this.#other |= bits & OTHER_BITS
    if ((this.#other & this.#otherEnabled) !== 0) this.#throttle.request(OTHER)
  }

  /** All of it, as on a reset of the chip. */
  reset(): void {
    this.#throttle.clear()
    this.#pf.reset()
    for (const vf of this.#vfs) vf.reset()
    this.#other = 0
    this.#otherEnabled = 0
    this.#autoClear()
  }

  /** One virtual function's part. */
  resetVf(vf: number): void {
    this.#vfs[vf].reset()
  }

  /** Causes and who waits for its throttle; intervals and allocation are in registers, restored before. */
  walkState(io: StateIo): void {
    this.#other = io.integer('other', this.#other, 0, OTHER_BITS)
    this.#otherEnabled = io.integer('otherEnabled', this.#otherEnabled, -0x80000000, 0x7fffffff)
    io.part('pf', (pf) => this.#pf.walkState(pf))
    const vfs = io.list('vfs', VFS, VFS, (vf, index) => this.#vfs[index].walkState(vf))
    io.consistent('vfs', vfs === VFS)
    io.part('throttle', (throttle) => this.#throttle.walkState(throttle))
    if (!io.restoring) return
    for (let n = 0; n < PF_SOURCES; n++) this.#throttleBy(n, this.#file.get('EITR', n) | RUNS_ON)
    for (let n = 0; n < VFS * 4; n++) this.#throttleBy(PF_SOURCES + n, this.#file.get('VTEITR', n) | RUNS_ON)
    this.#otherInterval()
  }

  #vfVector(vf: number, entry: number): void {
    if ((entry & 0x80) !== 0 && (entry & 3) < VF_VECTORS) this.#vfs[vf].raise(entry & 3)
  }

  #fire(source: number): boolean {
    const gpie = this.#file.values[this.#gpie]
    const masking = (gpie & AUTO_MASK) !== 0
    if (source >= PF_SOURCES && source < OTHER) {
      const vf = (source - PF_SOURCES) >> 2
      const vector = source & 3
      if (!this.#vfs[vf].take(vector, masking)) return false
      this.#raise(vf, vector)
      return true
    }
    const multiple = (gpie & MULTIPLE_MSIX) !== 0
    if (source < PF_SOURCES) {
      if (!this.#pf.take(source, masking)) return false
      this.#raise(-1, multiple ? source : 0)
      return true
    }
    if ((this.#other & this.#otherEnabled) === 0) return false
    const entry = this.#file.get('IVAR_MISC') >>> 8
    if ((entry & 0x80) !== 0) this.#raise(-1, multiple ? entry & 0x3f : 0)
    return true
  }

  #pfRegisters(): void {
    const file = this.#file
    const pf = this.#pf
    file.onRead('EICR', () => this.#readEicr())
    file.onWrite('EICR', (_n, value) => {
      pf.clear(0, value & QUEUE_BITS)
      this.#other &= ~value
    })
    file.onRead('EICS', () => this.#eicr())
    file.onWrite('EICS', (_n, value) => {
      pf.set(0, value & QUEUE_BITS)
      this.other(value)
    })
    file.onRead('EIMS', () => (pf.enabled[0] & QUEUE_BITS) | this.#otherEnabled)
    file.onWrite('EIMS', (_n, value) => {
      pf.enable(0, value & QUEUE_BITS)
      const fresh = value & ~this.#otherEnabled
      this.#otherEnabled |= value & (OTHER_BITS | 0x80000000)
      if ((this.#other & fresh) !== 0) this.#throttle.request(OTHER)
    })
    file.onRead('EIMC', () => 0)
    file.onWrite('EIMC', (_n, value) => {
      pf.disable(0, value & QUEUE_BITS)
      this.#otherEnabled &= ~value
    })
    file.onWrite('EIAC', (_n, value) => {
      file.store('EIAC', 0, value)
      this.#autoClear()
    })
    file.onRead('EIAM', (_n, stored) => (stored & ~QUEUE_BITS) | (pf.autoMask[0] & QUEUE_BITS))
    file.onWrite('EIAM', (_n, value) => {
      file.set('EIAM', 0, value)
      pf.autoMask[0] = (pf.autoMask[0] & ~QUEUE_BITS) | (value & QUEUE_BITS)
    })
    file.onRead('EICS_EX', (n) => pf.cause[n])
    file.onWrite('EICS_EX', (n, value) => pf.set(n, value))
    file.onRead('EIMS_EX', (n) => pf.enabled[n])
    file.onWrite('EIMS_EX', (n, value) => pf.enable(n, value))
    file.onRead('EIMC_EX', () => 0)
    file.onWrite('EIMC_EX', (n, value) => pf.disable(n, value))
    file.onRead('EIAM_EX', (n) => pf.autoMask[n])
    file.onWrite('EIAM_EX', (n, value) => {
      pf.autoMask[n] = value
    })
    file.onWrite('EITR', (n, value) => {
      file.store('EITR', n, value)
      if (n < PF_SOURCES) this.#throttleBy(n, value)
      this.#otherInterval()
    })
    file.onWrite('IVAR_MISC', (_n, value) => {
      file.store('IVAR_MISC', 0, value)
      this.#otherInterval()
    })
  }

  #vfRegisters(): void {
    const file = this.#file
    const vfs = this.#vfs
    file.onRead('PVTEICR', (vf) => {
      const causes = vfs[vf].cause[0]
      vfs[vf].clear(0, causes)
      return causes
    })
    file.onWrite('PVTEICR', (vf, value) => vfs[vf].clear(0, value))
    file.onRead('PVTEICS', (vf) => vfs[vf].cause[0])
    file.onWrite('PVTEICS', (vf, value) => vfs[vf].set(0, value & 7))
    file.onRead('PVTEIMS', (vf) => vfs[vf].enabled[0])
    file.onWrite('PVTEIMS', (vf, value) => vfs[vf].enable(0, value & 7))
    file.onRead('PVTEIMC', () => 0)
    file.onWrite('PVTEIMC', (vf, value) => vfs[vf].disable(0, value & 7))
    file.onWrite('PVTEIAC', (vf, value) => {
      vfs[vf].autoClear[0] = file.store('PVTEIAC', vf, value)
    })
    file.onWrite('PVTEIAM', (vf, value) => {
      vfs[vf].autoMask[0] = file.store('PVTEIAM', vf, value)
    })
    file.onWrite('VTEITR', (n, value) => {
      file.store('VTEITR', n, value)
      this.#throttleBy(PF_SOURCES + n, value)
    })
  }

  /** CNT_WDIS leaves the running count alone; without it the count starts anew. */
  #throttleBy(source: number, value: number): void {
    this.#throttle.interval(source, ((value >>> 3) & 0x1ff) * ITR_UNIT_NS, (value & RUNS_ON) === 0)
  }

  /** Causes that are not queues' follow the throttle of the vector that they are allocated to. */
  #otherInterval(): void {
    const vector = (this.#file.get('IVAR_MISC') >>> 8) & 0x3f
    this.#throttleBy(OTHER, this.#file.get('EITR', vector) | RUNS_ON)
  }

  #eicr(): number {
    return (this.#pf.cause[0] & QUEUE_BITS) | this.#other
  }

  #readEicr(): number {
    const causes = this.#eicr()
    // GPIE.OCD: a read clears the causes of bits 29:16 only.
    const cleared = (this.#file.get('GPIE') & OTHER_CLEAR_DISABLE) !== 0 ? 0x3fff0000 : -1
    this.#pf.clear(0, cleared & QUEUE_BITS)
    this.#other &= ~cleared
    return causes
  }

  /** EIAC says it for vectors 0 to 15; those above are always cleared by themselves (7.3.1.4). */
  #autoClear(): void {
    this.#pf.autoClear[0] = (this.#file.get('EIAC') & QUEUE_BITS) | ~QUEUE_BITS
    this.#pf.autoClear[1] = -1
  }
}

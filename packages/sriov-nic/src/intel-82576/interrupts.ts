import type { Clock, StateIo, TaskSource } from '@npa/core'
import { CauseSet } from '../intel/cause-set.js'
import type { RegisterFile } from '../engine/register-file.js'
import { Throttle } from '../engine/throttle.js'
import { LIMITS } from './limits.js'

/** Causes in ICR. */
export const Cause = {
  txWritten: 1,
  linkChange: 0x4,
  overrun: 0x40,
  rxWritten: 0x80,
  mailbox: 0x100,
  accessDone: 0x200,
  /** A queue was stopped, or a pool sent what it may not. */
  misbehaviour: 0x10000000,
  /** An enabled cause is set. */
  asserted: -0x80000000,
} as const

/** Causes that there are; the rest of IMS reads 0. */
const IMPLEMENTED = 0x77d4fbfd

/** GPIE. */
const NON_SELECTIVE_CLEAR = 1
const MULTIPLE_MSIX = 1 << 4
const AUTO_MASK = 1 << 30

/** EICR: all vectors; and without multiple MSI-X, that there is a cause in ICR. */
const VECTORS = LIMITS.vectors
const VECTOR_BITS = (1 << VECTORS) - 1
const OTHER_BIT = -0x80000000

/** Bit 31 of what is written to EITR. */
const RUNS_ON = 1 << 31

/** The throttled source of ICR while there is one vector only. */
const SINGLE = VECTORS

/** EITR: microseconds in 14:2; bit 31 of what is written leaves the running count alone. */
const ITR_UNIT_NS = 1000

/** The first vector, as a bit of EICR, of a virtual function. */
function firstVector(vf: number): number {
  return 22 - vf * LIMITS.vfVectors
}

/** Where interrupts leave: vector of the PF (function -1) or of a virtual function. */
export type RaiseVector = (fn: number, vector: number) => void

/**
 * The interrupt block of the 82576 (7.3): the old causes of ICR, which reach a vector through IVAR_MISC, and EICR with a bit for
 * every vector. The last vectors are lent to virtual functions, three to each; the PF cannot touch those that have an owner.
 */
export class Interrupts {
  readonly #file: RegisterFile
  readonly #raise: RaiseVector
  readonly #vfs: () => number
  readonly #throttle: Throttle
  readonly #vectors: CauseSet
  #causes = 0
  #causesEnabled = 0
  readonly #ivar: number
  readonly #vtivar: number
  readonly #gpie: number

  /** `vfs` is the number of virtual functions that exist. */
  constructor(scheduler: Clock & TaskSource, name: string, file: RegisterFile, vfs: () => number, raise: RaiseVector) {
    this.#file = file
    this.#raise = raise
    this.#vfs = vfs
    this.#ivar = file.word('IVAR')
    this.#vtivar = file.word('VTIVAR')
    this.#gpie = file.word('GPIE')
    this.#throttle = new Throttle(scheduler, `${name}.irq`, VECTORS + 1, (source) => this.#fire(source))
    this.#vectors = new CauseSet((vector) => this.#throttle.request(vector))
    this.#causeRegisters()
    this.#vectorRegisters()
    this.#vfRegisters()
    this.reset()
  }

  /** A completion was written for a queue of the PF; `tx` is 1 for a transmit queue. */
  pfQueue(queue: number, tx: number): void {
    const entry = this.#file.values[this.#ivar + (queue & 7)] >>> (((queue >> 3) * 2 + tx) * 8)
    this.#vector(entry)
    this.cause(tx === 1 ? Cause.txWritten : Cause.rxWritten)
  }

  /** The same for queue `index` of a virtual function. */
  vfQueue(vf: number, index: number, tx: number): void {
    this.#vfVector(vf, this.#file.values[this.#vtivar + vf] >>> ((index * 2 + tx) * 8))
  }

  /** When the moderation of a queue's interrupt has run out, ns; 0 for a queue that has none. */
  pfQueueDue(queue: number, tx: number): number {
    const entry = this.#file.values[this.#ivar + (queue & 7)] >>> (((queue >> 3) * 2 + tx) * 8)
    return (entry & 0x80) !== 0 && (entry & 0x1f) < VECTORS ? this.#throttle.allowedNs(entry & 0x1f) : 0
  }

  /** The same for queue `index` of a virtual function. */
  vfQueueDue(vf: number, index: number, tx: number): number {
    const entry = this.#file.values[this.#vtivar + vf] >>> ((index * 2 + tx) * 8)
    const vector = entry & 3
    return (entry & 0x80) !== 0 && vector < LIMITS.vfVectors ? this.#throttle.allowedNs(firstVector(vf) + vector) : 0
  }

  vfMailbox(vf: number): void {
    this.#vfVector(vf, this.#file.get('VTIVAR_MISC', vf))
  }

  /** Sets causes of ICR. */
  cause(bits: number): void {
    const fresh = bits & ~this.#causes & this.#causesEnabled
    this.#causes |= bits
    if (fresh !== 0) this.#tellCauses()
  }

  /** All of it, as on a reset of the chip. The throttles' intervals are registers that may outlive it. */
  reset(): void {
    this.#throttle.clear()
    this.#vectors.reset()
    this.#causes = 0
    this.#causesEnabled = 0
    for (let n = 0; n < VECTORS; n++) this.#interval(n, this.#file.get('EITR', n))
  }

  /** One virtual function's part. */
  resetVf(vf: number): void {
    const bits = 7 << firstVector(vf)
    this.#vectors.clear(0, bits)
    this.#vectors.disable(0, bits)
    this.#vectors.autoClear[0] &= ~bits
    this.#vectors.autoMask[0] &= ~bits
    this.#file.set('VTIVAR', vf, 0)
    this.#file.set('VTIVAR_MISC', vf, 0)
  }

  /** Causes and who waits for its throttle; intervals and allocation are in registers, restored before. */
  walkState(io: StateIo): void {
    this.#causes = io.integer('causes', this.#causes, -0x80000000, 0x7fffffff)
    this.#causesEnabled = io.integer('causesEnabled', this.#causesEnabled, 0, IMPLEMENTED)
    io.consistent('causesEnabled', (this.#causesEnabled & ~IMPLEMENTED) === 0)
    io.part('vectors', (vectors) => this.#vectors.walkState(vectors))
    io.part('throttle', (throttle) => this.#throttle.walkState(throttle))
    if (!io.restoring) return
    for (let n = 0; n < VECTORS; n++) this.#interval(n, (this.#file.get('EITR', n) | RUNS_ON) >>> 0)
  }

  get #multiple(): boolean {
    return (this.#file.values[this.#gpie] & MULTIPLE_MSIX) !== 0
  }

  #vector(entry: number): void {
    if ((entry & 0x80) !== 0 && (entry & 0x1f) < VECTORS) this.#vectors.raise(entry & 0x1f)
  }

  #vfVector(vf: number, entry: number): void {
    const vector = entry & 3
    if ((entry & 0x80) !== 0 && vector < LIMITS.vfVectors) this.#vectors.raise(firstVector(vf) + vector)
  }

  /** An enabled cause has become set. */
  #tellCauses(): void {
    if (this.#multiple) this.#vector(this.#file.get('IVAR_MISC') >>> 8)
    else this.#throttle.request(SINGLE)
  }

  #fire(source: number): boolean {
    if (source === SINGLE) {
      if ((this.#causes & this.#causesEnabled) === 0) return false
      this.#raise(-1, 0)
      return true
    }
    if (!this.#vectors.take(source, (this.#file.values[this.#gpie] & AUTO_MASK) !== 0)) return false
    const vf = Math.floor((VECTORS - 1 - source) / LIMITS.vfVectors)
    if (vf < this.#vfs()) this.#raise(vf, source - firstVector(vf))
    else this.#raise(-1, this.#multiple ? source : 0)
    return true
  }

  /** Vectors of the PF: all that no virtual function has. */
  get #own(): number {
    const lent = this.#vfs() * LIMITS.vfVectors
    return VECTOR_BITS >>> lent
  }

  #causeRegisters(): void {
    const file = this.#file
    file.onRead('ICR', () => this.#readIcr())
    file.onWrite('ICR', (_n, value) => {
      this.#causes &= ~value
      this.#autoMaskCauses()
    })
    file.onRead('ICS', () => this.#icr())
    file.onWrite('ICS', (_n, value) => this.cause(value & IMPLEMENTED))
    file.onRead('IMS', () => this.#causesEnabled)
    file.onWrite('IMS', (_n, value) => {
      const fresh = value & IMPLEMENTED & ~this.#causesEnabled
      this.#causesEnabled |= value & IMPLEMENTED
      if ((fresh & this.#causes) !== 0) this.#tellCauses()
    })
    file.onRead('IMC', () => this.#causesEnabled)
    file.onWrite('IMC', (_n, value) => {
      this.#causesEnabled &= ~value
    })
  }

  #icr(): number {
    return this.#causes | ((this.#causes & this.#causesEnabled) !== 0 ? Cause.asserted : 0)
  }

  /** Reading clears, unless causes are enabled and none of them is set (8.8.9). */
  #readIcr(): number {
    const causes = this.#icr()
    const asserted = (causes & Cause.asserted) !== 0
    const always = (this.#file.values[this.#gpie] & NON_SELECTIVE_CLEAR) !== 0
    if (always || asserted || this.#causesEnabled === 0) this.#causes = 0
    if (always || asserted) this.#autoMaskCauses()
    return causes
  }

  /** IAM: causes that are masked when ICR is read or written. */
  #autoMaskCauses(): void {
    this.#causesEnabled &= ~this.#file.get('IAM')
  }

  #vectorRegisters(): void {
    const file = this.#file
    const vectors = this.#vectors
    file.onRead('EICR', () => {
      const causes = this.#eicr()
      vectors.clear(0, this.#own)
      return causes
    })
    file.onWrite('EICR', (_n, value) => vectors.clear(0, value & this.#own))
    file.onRead('EICS', () => this.#eicr())
    file.onWrite('EICS', (_n, value) => vectors.set(0, value & this.#own))
    file.onRead('EIMS', () => vectors.enabled[0] & this.#own)
    file.onWrite('EIMS', (_n, value) => vectors.enable(0, value & this.#own))
    file.onRead('EIMC', () => 0)
    file.onWrite('EIMC', (_n, value) => vectors.disable(0, value & this.#own))
    file.onRead('EIAC', () => vectors.autoClear[0] & this.#own)
    file.onWrite('EIAC', (_n, value) => change(vectors.autoClear, this.#own, value))
    file.onRead('EIAM', () => vectors.autoMask[0] & this.#own)
    file.onWrite('EIAM', (_n, value) => change(vectors.autoMask, this.#own, value))
    file.onWrite('EITR', (n, value) => {
      file.store('EITR', n, value)
      this.#interval(n, value)
    })
  }

  #eicr(): number {
    const other = !this.#multiple && (this.#causes & this.#causesEnabled) !== 0
    return (this.#vectors.cause[0] & this.#own) | (other ? OTHER_BIT : 0)
  }

  #vfRegisters(): void {
    const file = this.#file
    const vectors = this.#vectors
    file.onRead('PVTEICR', (vf) => {
      const causes = shown(vectors.cause, vf)
      vectors.clear(0, 7 << firstVector(vf))
      return causes
    })
    file.onWrite('PVTEICR', (vf, value) => vectors.clear(0, (value & 7) << firstVector(vf)))
    file.onRead('PVTEICS', (vf) => shown(vectors.cause, vf))
    file.onWrite('PVTEICS', (vf, value) => vectors.set(0, (value & 7) << firstVector(vf)))
    file.onRead('PVTEIMS', (vf) => shown(vectors.enabled, vf))
    file.onWrite('PVTEIMS', (vf, value) => vectors.enable(0, (value & 7) << firstVector(vf)))
    file.onRead('PVTEIMC', () => 0)
    file.onWrite('PVTEIMC', (vf, value) => vectors.disable(0, (value & 7) << firstVector(vf)))
    file.onRead('PVTEIAC', (vf) => shown(vectors.autoClear, vf))
    file.onWrite('PVTEIAC', (vf, value) => change(vectors.autoClear, 7 << firstVector(vf), value << firstVector(vf)))
    file.onRead('PVTEIAM', (vf) => shown(vectors.autoMask, vf))
    file.onWrite('PVTEIAM', (vf, value) => change(vectors.autoMask, 7 << firstVector(vf), value << firstVector(vf)))
  }

  #interval(n: number, value: number): void {
    const ns = ((value >>> 2) & 0x1fff) * ITR_UNIT_NS
    this.#throttle.interval(n, ns, value >>> 31 === 0)
    if (n === 0) this.#throttle.interval(SINGLE, ns, value >>> 31 === 0)
  }
}

/** A virtual function's three bits. */
function shown(bits: Int32Array, vf: number): number {
  return (bits[0] >>> firstVector(vf)) & 7
}

function change(bits: Int32Array, mask: number, value: number): void {
  bits[0] = (bits[0] & ~mask) | (value & mask)
}

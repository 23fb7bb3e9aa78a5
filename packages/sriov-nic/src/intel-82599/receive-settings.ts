import type { StateIo } from '@npa/core'
import type { RegisterFile } from '../engine/register-file.js'
import { RxDescriptorType } from '../intel/descriptors.js'
import type { Receive } from '../intel/receive.js'
import { SplitMode, TagMode } from '../intel/rx-settings.js'
import { LIMITS } from './limits.js'

/** RXDCTL.VME. */
const STRIP = 1 << 30
/** SRRCTL. */
const DROP = 1 << 28
/** By SRRCTL.DESCTYPE: what makes no sense stops the queue. */
const SPLIT_MODES = [
  SplitMode.none,
  SplitMode.none,
  SplitMode.headers,
  undefined,
  undefined,
  SplitMode.always,
  undefined,
  undefined,
] as const
/** RSCCTL: on, and most descriptors by MAXDESC. */
const RSC_ENABLE = 1
const MAXDESC = [1, 4, 8, 16] as const
/** RFCTL. */
const RSC_DISABLE = 1 << 5
/** GPIE.RSC_DELAY, in units of 4 us beyond the first. */
const RSC_DELAY_SHIFT = 11
const RSC_DELAY_UNIT_NS = 4000
/** QDE. */
const Qde = { enable: 1, hide: 2, write: 1 << 16, read: 1 << 17 } as const

/** How a receive queue treats frames: SRRCTL, RXDCTL and QDE (8.2.3.8). */
export class ReceiveSettings {
  readonly #file: RegisterFile
  readonly #receive: Receive
  /** QDE of each queue: drop, hide the tag. */
  readonly #qde = new Uint8Array(LIMITS.rx.queues)

  constructor(file: RegisterFile, receive: Receive) {
    this.#file = file
    this.#receive = receive
    file.onWrite('QDE', (_n, value) => this.#dropEnable(value))
    file.onWrite('RSCCTL', (q, value) => {
      file.store('RSCCTL', q, value)
      this.apply(q)
    })
    file.onWrite('RFCTL', (_n, value) => {
      file.store('RFCTL', 0, value)
      for (let q = 0; q < LIMITS.rx.queues; q++) this.apply(q)
    })
    file.onWrite('RXCSUM', (_n, value) => receive.report(file.store('RXCSUM', 0, value)))
    file.onWrite('GPIE', (_n, value) => {
      file.store('GPIE', 0, value)
      this.#delay()
    })
  }

  /** QDE of each queue; the rest is in registers, restored before. */
  walkState(io: StateIo): void {
    io.column('qde', this.#qde, 0, Qde.enable | Qde.hide)
    if (!io.restoring) return
    this.#receive.report(this.#file.get('RXCSUM'))
    this.#delay()
  }

  reset(): void {
    this.#qde.fill(0)
    this.#receive.report(this.#file.get('RXCSUM'))
    this.#delay()
  }

  /** Makes a queue's registers the engine's settings. */
  apply(q: number): void {
    const value = this.#file.get('SRRCTL', q)
    const rx = this.#receive.engine.settings
    const hide = (this.#qde[q] & Qde.hide) !== 0
    const strip = (this.#file.get('RXDCTL', q) & STRIP) !== 0
    const type = (value >>> 25) & 7
    const split = SPLIT_MODES[type]
    const header = ((value >>> 8) & 0x3f) * 64
    const sensible = split === SplitMode.none || (split !== undefined && header > 0)
    rx.bufferBytes[q] = sensible ? (value & 0x1f) * 1024 : 0
    rx.headerBytes[q] = header
    rx.split[q] = split ?? SplitMode.none
    rx.legacy[q] = type === RxDescriptorType.legacy ? 1 : 0
    rx.dropping[q] = (value & DROP) !== 0 || (this.#qde[q] & Qde.enable) !== 0 ? 1 : 0
    rx.tagMode[q] = hide ? TagMode.hide : strip ? TagMode.strip : TagMode.keep
    const rsc = this.#file.get('RSCCTL', q)
    const coalescing = (rsc & RSC_ENABLE) !== 0 && (this.#file.get('RFCTL') & RSC_DISABLE) === 0
    rx.coalesce[q] = coalescing && type !== RxDescriptorType.legacy ? MAXDESC[(rsc >>> 2) & 3] : 0
    this.#receive.engine.doorbell(q)
  }

  #delay(): void {
    const units = ((this.#file.get('GPIE') >>> RSC_DELAY_SHIFT) & 7) + 1
    this.#receive.engine.coalesceNs = units * RSC_DELAY_UNIT_NS
  }

  #dropEnable(value: number): void {
    const q = (value >>> 8) & 0x7f
    const bits = Qde.enable | Qde.hide
    if ((value & Qde.write) !== 0) {
      this.#qde[q] = value & bits
      this.apply(q)
    }
    this.#file.set('QDE', 0, (value & Qde.read) !== 0 ? (value & ~bits) | this.#qde[q] : value)
  }
}

import type { RegisterFile } from '../engine/register-file.js'
import { RxDescriptorType } from '../intel/descriptors.js'
import { TagMode } from '../intel/rx-engine.js'
import type { RxEngine } from '../intel/rx-engine.js'
import { LIMITS } from './limits.js'

/** RXDCTL.VME. */
const STRIP = 1 << 30
/** SRRCTL. */
const DROP = 1 << 28
/** QDE. */
const Qde = { enable: 1, hide: 2, write: 1 << 16, read: 1 << 17 } as const

/** How a receive queue treats frames: SRRCTL, RXDCTL and QDE (8.2.3.8). */
export class ReceiveSettings {
  readonly #file: RegisterFile
  readonly #rx: RxEngine
  /** QDE of each queue: drop, hide the tag. */
  readonly #qde = new Uint8Array(LIMITS.rx.queues)

  constructor(file: RegisterFile, rx: RxEngine) {
    this.#file = file
    this.#rx = rx
    file.onWrite('QDE', (_n, value) => this.#dropEnable(value))
  }

  reset(): void {
    this.#qde.fill(0)
  }

  /** Makes a queue's registers the engine's settings. */
  apply(q: number): void {
    const value = this.#file.get('SRRCTL', q)
    const hide = (this.#qde[q] & Qde.hide) !== 0
    const strip = (this.#file.get('RXDCTL', q) & STRIP) !== 0
    this.#rx.bufferBytes[q] = (value & 0x1f) * 1024
    this.#rx.legacy[q] = ((value >>> 25) & 7) === RxDescriptorType.legacy ? 1 : 0
    this.#rx.dropping[q] = (value & DROP) !== 0 || (this.#qde[q] & Qde.enable) !== 0 ? 1 : 0
    this.#rx.tagMode[q] = hide ? TagMode.hide : strip ? TagMode.strip : TagMode.keep
    this.#rx.doorbell(q)
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

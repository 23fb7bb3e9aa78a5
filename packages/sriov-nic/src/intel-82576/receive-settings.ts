import type { RegisterFile } from '../engine/register-file.js'
import { RxDescriptorType } from '../intel/descriptors.js'
import type { Pools } from './pools.js'
import type { Receive } from '../intel/receive.js'
import { SplitMode, TagMode } from '../intel/rx-settings.js'
import { LIMITS } from './limits.js'

/** SRRCTL. */
const DROP = 1 << 31
/** CTRL.VME; VMOLR.STRVLAN and RPLOLR.STRVLAN. */
const STRIP = 1 << 30
/** By SRRCTL.DESCTYPE; the two kinds for replicated frames split as their plain ones. */
const SPLIT_MODES = [
  SplitMode.none,
  SplitMode.none,
  SplitMode.headers,
  SplitMode.headers,
  SplitMode.none,
  SplitMode.always,
  SplitMode.none,
  SplitMode.none,
] as const
/** RCTL.BSIZE: for queues that do not say it themselves. */
const SIZES = [2048, 1024, 512, 256] as const

/** How receive queues treat frames: SRRCTL, QDE, and what the port or the pool says of tags (82576 datasheet 8.10, 7.10.3.8). */
export class ReceiveSettings {
  readonly #file: RegisterFile
  readonly #receive: Receive
  readonly #pools: Pools

  constructor(file: RegisterFile, receive: Receive, pools: Pools) {
    this.#file = file
    this.#receive = receive
    this.#pools = pools
  }

  /** Makes a queue's registers the engine's settings. */
  apply(q: number): void {
    const rx = this.#receive.engine.settings
    const value = this.#file.get('SRRCTL', q)
    const kib = value & 0x7f
    rx.bufferBytes[q] = kib > 0 ? kib * 1024 : SIZES[(this.#file.get('RCTL') >>> 16) & 3]
    const type = (value >>> 25) & 7
    rx.headerBytes[q] = ((value >>> 8) & 0x3f) * 64
    rx.split[q] = SPLIT_MODES[type]
    rx.legacy[q] = type === RxDescriptorType.legacy ? 1 : 0
    rx.dropping[q] = (value & DROP) !== 0 || ((this.#file.get('QDE') >>> q) & 1) !== 0 ? 1 : 0
    const control = this.#pools.virtualised ? this.#file.get('VMOLR', q % LIMITS.vfs) : this.#file.get('CTRL')
    rx.tagMode[q] = (control & STRIP) !== 0 ? TagMode.strip : TagMode.keep
    this.#receive.engine.doorbell(q)
  }

  /** A register that all queues depend on has changed. */
  applyAll(): void {
    const replicated = (this.#file.get('RPLOLR') & STRIP) !== 0 ? TagMode.strip : TagMode.keep
    this.#receive.replicatedTagMode = this.#pools.virtualised ? replicated : -1
    for (let q = 0; q < LIMITS.rx.queues; q++) this.apply(q)
  }
}

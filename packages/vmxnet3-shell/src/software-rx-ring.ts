import { State } from '@npa/plugin-api/guest'
import type { PluginEnv } from '@npa/plugin-api/guest'
import { DESC_WORDS, Pt, RxDesc } from '@npa/vmxnet3-spec'
import { SMALL_BUFFER } from './buffer-pool.js'
import { syncForDevice } from './software-sync.js'

/** One of the two descriptor rings of an emulated receive queue. A slot's buffer id is `firstId` plus the slot. */
export class SoftwareRxRing {
  readonly size: number
  readonly firstId: number
  readonly #env: PluginEnv
  /** Word offset in the window. */
  readonly #ring: number
  readonly #register: number
  /** `RxDesc.body` or 0. */
  readonly #type: number
  readonly #handle: number
  /** 1: the slot's buffer was not used up; it is posted again as it is. */
  readonly #kept: Uint8Array
  #fill = 0
  /** `RxDesc.gen` or 0. */
  #gen: number = RxDesc.gen
  /** First slot whose frame is not finished; the device may be further. */
  #done = 0
  /** Next slot that the device can name. */
  #next = 0

  constructor(env: PluginEnv, queue: number, handle: number, kind: 'head' | 'body', ring: number, size: number) {
    this.#env = env
    this.#handle = handle
    this.#ring = ring
    this.size = size
    this.#type = kind === 'body' ? RxDesc.body : 0
    this.#register = (kind === 'body' ? Pt.rxProd2 : Pt.rxProd) + queue * Pt.stride
    this.firstId = kind === 'body' ? 4096 : 0
    this.#kept = new Uint8Array(size)
  }

  /** The ring's memory was zeroed. */
  reinit(): void {
    this.#fill = this.#done = this.#next = 0
    this.#gen = RxDesc.gen
    this.#kept.fill(0)
  }

  /** Posts what ring and shell have room for; the producer register follows when there was anything. */
  post(): void {
    const { window, shell } = this.#env
    const from = this.#fill
    let at = from
    for (;;) {
      const next = at + 1 === this.size ? 0 : at + 1
      if (next === this.#done) break
      const desc = this.#ring + at * DESC_WORDS
      if (this.#kept[at] === 1) this.#kept[at] = 0
      else {
        if (shell.allocSmallBuffer(this.#handle, this.firstId + at) !== 1) break
        window[desc] = window[State.bufferLo]
        window[desc + 1] = window[State.bufferHi]
        window[desc + 3] = 0
      }
      window[desc + 2] = SMALL_BUFFER | this.#type | this.#gen
      if (next === 0) this.#gen ^= RxDesc.gen
      at = next
    }
    if (at === from) return
    this.#fill = at
    syncForDevice(this.#env, this.#ring, from, at, this.size)
    this.#env.mmioWrite32(this.#register, at)
  }

  /** The device used `slot`; those before it were skipped and keep their buffers. False: it is not the device's. */
  take(slot: number): boolean {
    const size = this.size
    if (slot >= size || (slot - this.#next + size) % size >= (this.#fill - this.#next + size) % size) return false
    for (let at = this.#next; at !== slot; at = at + 1 === size ? 0 : at + 1) this.#kept[at] = 1
    this.#next = slot + 1 === size ? 0 : slot + 1
    return true
  }

  /** A slot taken whose buffer nobody wants. */
  keep(slot: number): void {
    this.#kept[slot] = 1
  }

  /** The frame that the taken slots belong to is finished: they can be filled again. */
  finish(): void {
    this.#done = this.#next
  }
}

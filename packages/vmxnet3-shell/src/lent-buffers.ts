import { Csum } from '@npa/core'
import { MAX_BUFFER_ID, MAX_SG, RecvFlag, RecvFrame, State, Xsum } from '@npa/plugin-api/guest'
import type { BufferPool } from './buffer-pool.js'
import type { ShellCounters } from './counters.js'
import type { PluginWindow } from './plugin-window.js'
import { RX_BATCH } from './rx-batch.js'
import type { RxBatch } from './rx-batch.js'

/** The buffers that one receive queue of a plugin has, by the plugin's ids. */
export class LentBuffers {
  readonly #pool: BufferPool
  readonly #counters: ShellCounters
  readonly #window: PluginWindow
  readonly #batch: RxBatch
  /** Pool buffer by plugin id, -1 for none. */
  readonly #byId: Int32Array = new Int32Array(MAX_BUFFER_ID).fill(-1)
  readonly #frame: Int32Array = new Int32Array(RecvFrame.words)
  #starved = false

  constructor(pool: BufferPool, counters: ShellCounters, window: PluginWindow, batch: RxBatch) {
    this.#pool = pool
    this.#counters = counters
    this.#window = window
    this.#batch = batch
  }

  /** 1 and the buffer's address in the state, or 0. */
  lend(id: number, large: boolean): number {
    if (this.#byId[id] !== -1) {
      this.#counters.add(this.#counters.badBufferId, 1)
      return 0
    }
    const buffer = large ? this.#pool.allocLarge() : this.#pool.alloc()
    if (buffer < 0) {
      this.#starved = true
      return 0
    }
    this.#byId[id] = buffer
    this.#pool.address(buffer, 0, this.#window.i32, State.bufferLo)
    return 1
  }

  /** Takes the frame that the window's `RecvFrame` describes into the batch, or drops it whole. */
  indicate(): void {
    const frame = this.#frame
    const count = this.#read()
    if (this.#batch.count === RX_BATCH) {
      this.#drop(count, this.#counters.rxOverrun)
      return
    }
    if (count === 0 || !this.#sound(count)) {
      this.#drop(count, this.#counters.rxBadFrame)
      return
    }
    const vlan = (frame[RecvFrame.flags] & RecvFlag.vlan) !== 0
    this.#batch.begin(this.#csum(), vlan ? frame[RecvFrame.vlanTag] & 0xffff : -1)
    let bytes = 0
    for (let i = 0; i < count; i++) {
      const id = frame[RecvFrame.element + i * RecvFrame.elementWords]
      const length = frame[RecvFrame.element + i * RecvFrame.elementWords + 1]
      const offset = i === 0 ? frame[RecvFrame.firstOffset] : 0
      const buffer = this.#byId[id]
      this.#byId[id] = -1
      this.#pool.syncForCpu(buffer, offset, length)
      this.#batch.add(buffer, offset, length)
      bytes += length
    }
    this.#batch.commit()
    this.#counters.add(this.#counters.rxFrames, 1)
    this.#counters.add(this.#counters.rxBytes, bytes)
  }

  takeStarved(): boolean {
    const starved = this.#starved
    this.#starved = false
    return starved
  }

  /** Frees all that is lent. */
  reclaim(): void {
    for (let id = 0; id < MAX_BUFFER_ID; id++) this.#take(id)
  }

  /** Copies the record, which others can write to, once; returns its number of elements, 0 for a senseless one. */
  #read(): number {
    const { i32, recvFrame } = this.#window
    const count = i32[recvFrame + RecvFrame.elements]
    const elements = count >= 1 && count <= MAX_SG ? count : 0
    const words = RecvFrame.element + elements * RecvFrame.elementWords
    for (let i = 0; i < words; i++) this.#frame[i] = i32[recvFrame + i]
    return elements
  }

  /** Whether every element names another lent buffer and bytes inside it. */
  #sound(count: number): boolean {
    const frame = this.#frame
    for (let i = 0; i < count; i++) {
      const element = RecvFrame.element + i * RecvFrame.elementWords
      const id = frame[element]
      if (id < 0 || id >= MAX_BUFFER_ID) return false
      if (!this.#pool.holds(this.#byId[id], i === 0 ? frame[RecvFrame.firstOffset] : 0, frame[element + 1]))
        return false
      for (let j = RecvFrame.element; j < element; j += RecvFrame.elementWords) if (frame[j] === id) return false
    }
    return true
  }

  /** The plugin has given up the frame's buffers, as far as it had them. */
  #drop(count: number, counter: number): void {
    this.#counters.add(counter, 1)
    for (let i = 0; i < count; i++) this.#take(this.#frame[RecvFrame.element + i * RecvFrame.elementWords])
  }

  #take(id: number): void {
    const buffer = id >= 0 && id < MAX_BUFFER_ID ? this.#byId[id] : -1
    if (buffer < 0) return
    this.#byId[id] = -1
    this.#pool.free(buffer)
  }

  #csum(): number {
    const frame = this.#frame
    const ip = frame[RecvFrame.ipXsum]
    const l4 = frame[RecvFrame.l4Xsum]
    if (ip === Xsum.incorrect || l4 === Xsum.incorrect) return Csum.bad
    const v4 = (frame[RecvFrame.flags] & RecvFlag.ipv4) !== 0
    return l4 === Xsum.correct && (!v4 || ip === Xsum.correct) ? Csum.good : Csum.none
  }
}

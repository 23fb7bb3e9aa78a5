import type { Mmio } from '@npa/core'
import { Queue, State, STATE_MAGIC } from '@npa/plugin-api/guest'
import type { PluginApi, PluginEnv, PluginMain } from '@npa/plugin-api/guest'
import type { BufferPool } from './buffer-pool.js'
import { LentBuffers } from './lent-buffers.js'
import type { PluginWindow } from './plugin-window.js'
import type { RxBatch } from './rx-batch.js'
import type { ShellCounters } from './counters.js'

/** What a plugin's host needs of the shell. */
export interface PluginHostParts {
  readonly pool: BufferPool
  readonly counters: ShellCounters
  /** One for every receive queue. */
  readonly batches: readonly RxBatch[]
  /** The oldest `count` frames of a transmit queue are sent: an untrusted claim. */
  readonly completeSend: (host: PluginHost, queue: number, count: number) => void
  /** An entry of a plugin's log. */
  readonly log: (code: number, a: number, b: number) => void
}

/** What a read finds where nothing is mapped. */
const ALL_ONES = 0xffffffff

/**
 * One plugin at work: its window, its registers, the buffers lent to it, and every call into it guarded: what it throws is
 * counted, what it claims is checked. Calls count queues and interrupts from 0.
 */
export class PluginHost {
  readonly window: PluginWindow
  /** Text of the last error that the plugin threw. */
  lastFault: string | undefined
  readonly #parts: PluginHostParts
  readonly #api: PluginApi
  readonly #lent: readonly LentBuffers[]
  readonly #queuePairs: number
  /** The receive queue inside whose `checkRxRing` the plugin is, or -1. */
  #receiving = -1
  #gone = false

  /** Runs `main` and `swInit`; throws an `Error` that says what went wrong, the plugin's own included. */
  constructor(main: PluginMain, window: PluginWindow, registers: Mmio, registerBytes: number, parts: PluginHostParts) {
    this.window = window
    this.#parts = parts
    const pairs = window.txRingSize.length
    this.#queuePairs = pairs
    this.#lent = parts.batches.map((batch) => new LentBuffers(parts.pool, parts.counters, window, batch))
    for (let i = 0; i < pairs; i++) {
      window.i32[State.txQueue + i * Queue.words + Queue.handle] = i
      window.i32[State.rxQueue + i * Queue.words + Queue.handle] = i
    }
    this.#api = emptyApi()
    const status = main(this.#env(registers, registerBytes), this.#api)
    if (status !== 0) throw new Error(`NPA_PluginMain gave ${status}`)
    const ready = this.#api.swInit()
    if (ready !== 0) throw new Error(`swInit gave ${ready}`)
  }

  /** Empties the rings of every queue; false when the plugin could not. */
  reinit(): boolean {
    try {
      for (let queue = 0; queue < this.#queuePairs; queue++) {
        if (this.#api.reinitTxRing(queue) !== 0 || this.#api.reinitRxRing(queue) !== 0) return false
      }
      return true
    } catch (error) {
      this.#fault(error)
      return false
    }
  }

  /**
   * Whether the window is still the plugin's: a hypervisor that takes it away leaves other pages in its place, and what would be put there
   * nobody sends. The plugin is not called any more then; frames wait for the event that says so.
   */
  get #mapped(): boolean {
    return this.window.i32[State.magic] === STATE_MAGIC
  }

  /** Places the frame that the window describes; false: no space. */
  addFrame(queue: number, last: number): boolean {
    try {
      return this.#mapped && this.#api.addFrameToTxRing(queue, last) === 0
    } catch (error) {
      this.#fault(error)
      return false
    }
  }

  checkTx(queue: number): void {
    try {
      if (this.#mapped) this.#api.checkTxRing(queue)
    } catch (error) {
      this.#fault(error)
    }
  }

  /** Takes at most `max` received frames into the queue's batch; returns how many are in it now. */
  checkRx(queue: number, max: number): number {
    this.#receiving = queue
    try {
      if (this.#mapped) this.#api.checkRxRing(queue, max)
    } catch (error) {
      this.#fault(error)
    }
    this.#receiving = -1
    return this.#parts.batches[queue].count
  }

  addBuffers(queue: number): void {
    try {
      if (this.#mapped) this.#api.addBuffersToRxRing(queue)
    } catch (error) {
      this.#fault(error)
    }
  }

  enableInterrupt(index: number): void {
    try {
      if (this.#mapped) this.#api.enableInterrupt(index)
    } catch (error) {
      this.#fault(error)
    }
  }

  disableInterrupt(index: number): void {
    try {
      if (this.#mapped) this.#api.disableInterrupt(index)
    } catch (error) {
      this.#fault(error)
    }
  }

  /** True once after a queue was refused a buffer for want of one. */
  starved(queue: number): boolean {
    return this.#lent[queue].takeStarved()
  }

  /** Ends the plugin: takes every buffer lent to it back on its behalf and listens to it no more. */
  retire(): void {
    this.#gone = true
    for (const lent of this.#lent) lent.reclaim()
  }

  #fault(error: unknown): void {
    this.lastFault = error instanceof Error ? error.message : String(error)
    this.#parts.counters.add(this.#parts.counters.pluginFaults, 1)
  }

  #env(registers: Mmio, registerBytes: number): PluginEnv {
    const { block } = this.window
    const { counters, completeSend, log } = this.#parts
    const alloc = (handle: number, id: number, large: boolean): number => {
      if (!this.#known(handle)) return 0
      return this.#lent[handle].lend(id, large)
    }
    return {
      window: this.window.i32,
      mmioRead32: (offset) => (mapped(offset, registerBytes) ? registers.read32(offset) : ALL_ONES),
      mmioWrite32: (offset, value) => {
        if (mapped(offset, registerBytes)) registers.write32(offset, value)
      },
      syncForDevice: (offset, bytes) => block.syncForDevice(offset, bytes),
      syncForCpu: (offset, bytes) => block.syncForCpu(offset, bytes),
      shell: {
        allocSmallBuffer: (handle, id) => alloc(handle, id, false),
        allocLargeBuffer: (handle, id) => alloc(handle, id, true),
        indicateRecv: (handle) => {
          if (this.#gone || handle !== this.#receiving) counters.add(counters.rxBadFrame, 1)
          else this.#lent[handle].indicate()
        },
        completeSend: (handle, count) => {
          if (this.#known(handle)) completeSend(this, handle, count)
          else counters.add(counters.badCompletion, 1)
        },
        log: (code, a, b) => {
          counters.add(counters.pluginLogs, 1)
          log(code, a, b)
        },
      },
    }
  }

  #known(handle: number): boolean {
    return !this.#gone && handle >= 0 && handle < this.#queuePairs && Number.isInteger(handle)
  }
}

function mapped(offset: number, bytes: number): boolean {
  return offset >= 0 && offset < bytes && offset % 4 === 0
}

/** A table whose calls fail until the plugin fills them in. */
function emptyApi(): PluginApi {
  const missing = (): number => {
    throw new Error('the plugin did not fill in this call')
  }
  return {
    swInit: missing,
    reinitRxRing: missing,
    reinitTxRing: missing,
    enableInterrupt: missing,
    disableInterrupt: missing,
    addFrameToTxRing: missing,
    checkTxRing: missing,
    checkRxRing: missing,
    addBuffersToRxRing: missing,
  }
}

import type { Clock, Task, TaskSource } from '@npa/core'
import type { Arena, Dma } from '@npa/memory'
import { IdQueue } from '../engine/id-queue.js'
import { DESCRIPTOR_BYTES, RxStatus } from './descriptors.js'
import { Fetch, Fetcher } from './fetcher.js'
import { CACHE, QueueColumns, QueueState } from './queue-columns.js'
import { Delivery, RxFault } from './rx-host.js'
import type { RxFrame, RxHost } from './rx-host.js'

/** Limits of a chip's receive side. */
export interface RxLimits {
  readonly queues: number
  /** Descriptors of one burst. */
  readonly burst: number
}

/** What is done with the VLAN tag of a received frame. */
export const TagMode = { keep: 0, strip: 1, hide: 2 } as const

const ADDRESSES = 12
const TAG_BYTES = 4

/**
 * The receive descriptor engine of the 82576 and 82599 family: it puts frames into buffers, advanced one-buffer or legacy
 * descriptors, and writes the descriptors back in bursts, ascending, after the bytes they tell of.
 */
export class RxEngine {
  readonly queues: QueueColumns
  /** Bytes of a buffer, by queue; 0 makes no sense and stops the queue. */
  readonly bufferBytes: Int32Array
  readonly legacy: Uint8Array
  readonly tagMode: Uint8Array
  /** Whether a frame is dropped, and does not wait, when the queue has no descriptor. */
  readonly dropping: Uint8Array
  readonly #arena: Arena
  readonly #host: RxHost
  readonly #limits: RxLimits
  readonly #fetcher: Fetcher
  readonly #task: Task
  readonly #wanting: IdQueue
  /** Queues with descriptors written in on-chip memory and not yet in the ring. */
  readonly #dirty: IdQueue
  readonly #unwritten: Int32Array

  constructor(
    arena: Arena,
    scheduler: Clock & TaskSource,
    name: string,
    limits: RxLimits,
    latencyNs: number,
    host: RxHost,
  ) {
    this.#arena = arena
    this.#host = host
    this.#limits = limits
    this.queues = new QueueColumns(limits.queues)
    this.bufferBytes = new Int32Array(limits.queues)
    this.legacy = new Uint8Array(limits.queues)
    this.tagMode = new Uint8Array(limits.queues)
    this.dropping = new Uint8Array(limits.queues)
    this.#unwritten = new Int32Array(limits.queues)
    this.#wanting = new IdQueue(limits.queues)
    this.#dirty = new IdQueue(limits.queues)
    this.#task = scheduler.task(name, () => this.#run())
    this.#fetcher = new Fetcher(arena, scheduler, `${name}.fetch`, this.queues, latencyNs, () => this.#task.kick())
  }

  /** Software moved the tail, or something else changed that may let the queue go on. */
  doorbell(q: number): void {
    this.#wanting.push(q)
    this.#task.kick()
  }

  enable(q: number): void {
    if (this.queues.state[q] === QueueState.off) this.queues.state[q] = QueueState.starting
    else if (this.queues.state[q] === QueueState.stopping) this.queues.state[q] = QueueState.on
    this.doorbell(q)
  }

  /** No further frame goes to the queue; writes under way end, then it is off. */
  disable(q: number): void {
    if (this.queues.state[q] === QueueState.off) return
    this.queues.state[q] = this.queues.state[q] === QueueState.starting ? QueueState.off : QueueState.stopping
    this.doorbell(q)
  }

  /** Stops a queue at once. */
  reset(q: number): void {
    this.queues.state[q] = QueueState.off
    this.queues.faulted[q] = 0
    this.#unwritten[q] = 0
    this.queues.forget(q)
  }

  /** Offers a frame to a queue; all of it is taken, or nothing. */
  deliver(q: number, frame: RxFrame): number {
    const queues = this.queues
    if (queues.state[q] !== QueueState.on) return Delivery.queueOff
    if (queues.faulted[q] === 1) return Delivery.queueStopped
    const strip = frame.tagged && this.#tagMode(q, frame) !== TagMode.keep
    const bytes = strip ? frame.bytes - TAG_BYTES : frame.bytes
    const size = this.bufferBytes[q]
    const need = Math.ceil(bytes / size)
    const free = queues.arrived[q] - this.#unwritten[q]
    if (need > free) return this.#starved(q, need)
    const dma = this.#host.dma(q)
    if (dma === undefined) return Delivery.queueOff
    const before = this.#unwritten[q]
    for (let i = 0; i < need; i++) {
      if (!this.#fill(q, dma, frame, i * size, Math.min(size, bytes - i * size), i === need - 1, strip)) {
        this.#unwritten[q] = before
        this.#stop(q, RxFault.memoryAccess)
        return Delivery.queueStopped
      }
    }
    this.#dirty.push(q)
    if (queues.arrived[q] - this.#unwritten[q] < this.#limits.burst / 2) this.#want(q)
    return Delivery.done
  }

  /** Writes back what is complete and raises the queues' causes. */
  flush(): void {
    for (let q = this.#dirty.shift(); q >= 0; q = this.#dirty.shift()) this.#writeBack(q)
  }

  #run(): boolean {
    let more = false
    for (let q = this.#wanting.shift(); q >= 0; q = this.#wanting.shift()) {
      this.#want(q)
      more = true
    }
    for (let q = this.#fetcher.arrival(); q >= 0; q = this.#fetcher.arrival()) {
      this.#want(q)
      more = true
    }
    if (more) this.#host.wake()
    return false
  }

  #want(q: number): void {
    const queues = this.queues
    if (queues.state[q] === QueueState.starting) {
      queues.state[q] = QueueState.on
      queues.forget(q)
    }
    if (queues.state[q] === QueueState.stopping) {
      this.#writeBack(q)
      this.reset(q)
    }
    if (queues.state[q] === QueueState.off || queues.faulted[q] === 1 || !this.#host.receiving()) return
    const result =
      this.bufferBytes[q] === 0 ? Fetch.badIndex : this.#fetcher.start(q, this.#host.dma(q), this.#limits.burst)
    if (result === Fetch.badIndex) this.#stop(q, RxFault.queueContext)
    if (result === Fetch.refused) this.#stop(q, RxFault.memoryAccess)
  }

  /** Too few descriptors have arrived. Those on their way, or in the ring, are waited for; others only where nothing may be dropped. */
  #starved(q: number, need: number): number {
    const queues = this.queues
    const posted = queues.cached[q] - this.#unwritten[q] + Math.max(queues.unfetched(q), 0)
    this.#writeBack(q)
    this.#want(q)
    if (queues.faulted[q] === 1) return Delivery.queueStopped
    if (posted >= need && need <= CACHE) return Delivery.wait
    return this.dropping[q] === 1 || need > CACHE ? Delivery.noDescriptor : Delivery.wait
  }

  #stop(q: number, cause: number): void {
    this.#writeBack(q)
    this.queues.faulted[q] = 1
    this.#unwritten[q] = 0
    this.queues.forget(q)
    this.#host.fault(q, cause)
  }

  /** Moves one buffer's part of a frame and turns its descriptor, on chip, into what will be written back. */
  #fill(q: number, dma: Dma, frame: RxFrame, from: number, bytes: number, last: boolean, strip: boolean): boolean {
    const i32 = this.#arena.i32
    const word = this.#fetcher.word(q, this.#unwritten[q])
    if (!this.#move(dma, frame.at, from, bytes, strip, i32[word] >>> 0, i32[word + 1] >>> 0)) return false
    const told = strip && this.#tagMode(q, frame) === TagMode.strip
    const tag = told ? this.#tag(frame.at) : 0
    const vp = told ? RxStatus.vlanPacket : 0
    const status = RxStatus.done | (last ? RxStatus.eop | frame.status : 0) | (last ? vp : 0)
    if (this.legacy[q] === 1) {
      i32[word + 2] = bytes
      i32[word + 3] = (status & 0xff) | legacyErrors(status) | (last ? tag << 16 : 0)
    } else {
      i32[word] = frame.packetInfo
      i32[word + 1] = frame.rssHash
      i32[word + 2] = status
      i32[word + 3] = bytes | (last ? tag << 16 : 0)
    }
    this.#unwritten[q]++
    return true
  }

  #move(dma: Dma, at: number, from: number, bytes: number, strip: boolean, lo: number, hi: number): boolean {
    if (!strip) return dma.write(at + from, bytes, lo, hi)
    if (from > 0) return dma.write(at + TAG_BYTES + from, bytes, lo, hi)
    // The tag is left out: the two pieces around it.
    const rest = lo + ADDRESSES
    return (
      dma.write(at, ADDRESSES, lo, hi) &&
      dma.write(at + ADDRESSES + TAG_BYTES, bytes - ADDRESSES, rest >>> 0, rest > 0xffffffff ? hi + 1 : hi)
    )
  }

  #tagMode(q: number, frame: RxFrame): number {
    return frame.tagMode < 0 ? this.tagMode[q] : frame.tagMode
  }

  #tag(at: number): number {
    return (this.#arena.u8[at + 14] << 8) | this.#arena.u8[at + 15]
  }

  /** One transfer for each run of places that is contiguous on chip and in the ring. */
  #writeBack(q: number): void {
    const queues = this.queues
    let left = this.#unwritten[q]
    if (left === 0) return
    this.#unwritten[q] = 0
    const dma = this.#host.dma(q)
    while (left > 0) {
      const run = Math.min(left, CACHE - queues.place[q], queues.size[q] - queues.head[q])
      const lo = queues.baseLo[q] + queues.head[q] * DESCRIPTOR_BYTES
      const hi = queues.baseHi[q] + (lo > 0xffffffff ? 1 : 0)
      if (dma?.write(this.#fetcher.word(q, 0) << 2, run * DESCRIPTOR_BYTES, lo >>> 0, hi) !== true) {
        this.#stop(q, RxFault.memoryAccess)
        return
      }
      queues.complete(q, run)
      left -= run
    }
    this.#host.completed(q)
  }
}

/** Error bits of a legacy descriptor, in place: 14 TCPE, 15 IPE. */
function legacyErrors(status: number): number {
  return ((status & RxStatus.l4Error) !== 0 ? 1 << 14 : 0) | ((status & RxStatus.ipError) !== 0 ? 1 << 15 : 0)
}

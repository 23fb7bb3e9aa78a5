import type { Clock, StateIo, Task, TaskSource } from '@npa/core'
import type { Arena, Dma } from '@npa/memory'
import { Deadlines } from '../engine/deadlines.js'
import { IdQueue } from '../engine/id-queue.js'
import { ContiguousRings } from '../engine/ring-layout.js'
import { DESCRIPTOR_BYTES } from './descriptors.js'
import { Fetch, Fetcher } from '../engine/fetcher.js'
import { CACHE, QueueColumns, QueueState } from '../engine/queue-columns.js'
import { Append, Coalescer } from './rx-coalescer.js'
import { RxDescriptors } from './rx-descriptors.js'
import { RxFill } from './rx-fill.js'
import { Delivery, RxFault } from './rx-host.js'
import type { RxFrame, RxHost } from './rx-host.js'
import { RxSettings } from './rx-settings.js'

/** Limits of a chip's receive side. */
export interface RxLimits {
  readonly queues: number
  /** Descriptors of one burst. */
  readonly burst: number
  /** Places that the error bits of checksums stand below those of the 82599. */
  readonly errorShift: number
}

/**
 * The receive descriptor engine of the 82576 and 82599 family: it puts frames into buffers, split or not, coalesces segments where
 * asked, and writes the descriptors back in bursts, ascending, after the bytes they tell of.
 */
export class RxEngine {
  readonly queues: QueueColumns
  readonly settings: RxSettings
  readonly coalescer: Coalescer
  readonly descriptors: RxDescriptors
  /** How long after its interrupt's moderation a queue's coalesced packets end, ns. */
  coalesceNs = 0
  readonly #host: RxHost
  readonly #limits: RxLimits
  readonly #fetcher: Fetcher
  readonly #task: Task
  readonly #wanting: IdQueue
  /** Queues with descriptors written in on-chip memory and not yet in the ring. */
  readonly #dirty: IdQueue
  readonly #fill: RxFill
  readonly #clock: Clock
  /** When the coalesced packets of a queue end. */
  readonly #ends: Deadlines
  /** Frames taken whose end is not written back: in on-chip memory, and nowhere else. */
  pending = 0

  constructor(
    arena: Arena,
    scheduler: Clock & TaskSource,
    name: string,
    limits: RxLimits,
    latencyNs: number,
    host: RxHost,
  ) {
    this.#host = host
    this.#limits = limits
    this.#clock = scheduler
    this.queues = new QueueColumns(limits.queues)
    this.settings = new RxSettings(limits.queues)
    this.#wanting = new IdQueue(limits.queues)
    this.#dirty = new IdQueue(limits.queues)
    this.#task = scheduler.task(name, () => this.#run())
    const rings = new ContiguousRings(this.queues, DESCRIPTOR_BYTES)
    this.#fetcher = new Fetcher(arena, scheduler, `${name}.fetch`, this.queues, rings, latencyNs, () =>
      this.#task.kick(),
    )
    this.descriptors = new RxDescriptors(this.queues, this.#fetcher)
    this.#fill = new RxFill(arena, this.descriptors, this.settings, limits.errorShift)
    this.coalescer = new Coalescer(arena, limits.queues, this.descriptors, this.#fill, this.settings)
    this.#ends = new Deadlines(scheduler, `${name}.coalesce`, limits.queues, (q) => {
      this.#endPackets(q)
      this.#writeBack(q)
    })
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
    this.#forget(q, false)
  }

  /** Offers a frame to a queue; all of it is taken, or nothing. */
  deliver(q: number, frame: RxFrame): number {
    const { queues, settings } = this
    if (queues.state[q] !== QueueState.on) return Delivery.queueOff
    if (queues.faulted[q] === 1) return Delivery.queueStopped
    if (settings.bufferBytes[q] === 0) {
      // The queue has not had its turn since its buffers lost their size.
      this.#stop(q, RxFault.queueContext)
      return Delivery.queueStopped
    }
    const splitting = settings.split[q] !== 0 || settings.coalesce[q] > 0
    const types = splitting ? this.#host.splitTypes(q) : 0
    const fill = this.#fill
    fill.plan(q, frame, types)
    const dma = this.#host.dma(q)
    if (dma === undefined) return Delivery.queueOff
    let payload = 0
    if (settings.coalesce[q] > 0) {
      payload = this.coalescer.payload(q, frame, types)
      const context = this.coalescer.find(q, frame)
      if (context >= 0) {
        const appended = this.#append(q, dma, context, frame, payload)
        if (appended !== Delivery.wait) return appended
      }
    }
    if (fill.needed > this.descriptors.free(q)) return this.#starved(q, fill.needed)
    const before = this.descriptors.taken[q]
    if (!fill.fill(q, dma, frame)) {
      // No half of the frame is written back.
      this.descriptors.taken[q] = before
      return this.#refused(q)
    }
    this.descriptors.end(q, fill.lastSlot, 1)
    if (payload > 0 && fill.needed <= settings.coalesce[q] && !this.coalescer.pushed(frame)) {
      this.#startPacket(q, frame, payload)
    }
    return this.#took(q)
  }

  /** Writes back what is complete and raises the queues' causes. */
  flush(): void {
    for (let q = this.#dirty.shift(); q >= 0; q = this.#dirty.shift()) this.#writeBack(q)
  }

  /** Queues, what they have on chip, and who waits; how they treat frames is in registers. */
  walkState(io: StateIo): void {
    io.part('queues', (queues) => this.queues.walkState(queues))
    io.part('fetch', (fetch) => this.#fetcher.walkState(fetch))
    this.descriptors.walkState(io)
    this.coalescer.walkState(io)
    if (io.restoring) this.pending = this.descriptors.frames.reduce((sum, frames) => sum + frames, 0)
    this.#wanting.walkState(io, 'wanting')
    this.#dirty.walkState(io, 'dirty')
    io.part('coalesce', (ends) => this.#ends.walkState(ends))
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
      this.#forget(q, false)
    }
    if (queues.state[q] === QueueState.stopping) {
      this.#endPackets(q)
      this.#writeBack(q)
      this.reset(q)
    }
    if (queues.state[q] === QueueState.off || queues.faulted[q] === 1 || !this.#host.receiving()) return
    const result =
      this.settings.bufferBytes[q] === 0
        ? Fetch.badIndex
        : this.#fetcher.start(q, this.#host.dma(q), this.#limits.burst)
    if (result === Fetch.badIndex) this.#stop(q, RxFault.queueContext)
    if (result === Fetch.refused) this.#stop(q, RxFault.memoryAccess)
  }

  /** A frame of a packet under way: into it, or the packet ends; `wait` says that the frame stands for itself. */
  #append(q: number, dma: Dma, context: number, frame: RxFrame, payload: number): number {
    const result = payload > 0 ? this.coalescer.append(context, dma, frame, payload) : Append.refused
    if (result === Append.fault) return this.#refused(q)
    if (result === Append.done && !this.coalescer.pushed(frame)) return this.#took(q)
    if (!this.coalescer.close(context, dma)) return this.#refused(q)
    this.#dirty.push(q)
    return result === Append.done ? this.#took(q) : Delivery.wait
  }

  /** The frame filled last may grow. */
  #startPacket(q: number, frame: RxFrame, payload: number): void {
    if (!this.coalescer.start(q, frame, payload) || this.#ends.has(q)) return
    this.#ends.set(q, Math.max(this.#host.interruptDue(q), this.#clock.nowNs()) + this.coalesceNs)
  }

  #endPackets(q: number): void {
    this.#ends.cancel(q)
    if (this.coalescer.open[q] === 0) return
    if (!this.coalescer.closeAll(q, this.#host.dma(q))) this.#refused(q)
  }

  /** A frame was taken. */
  #took(q: number): number {
    this.pending++
    this.descriptors.frames[q]++
    this.#dirty.push(q)
    if (this.descriptors.free(q) < this.#limits.burst / 2) this.#want(q)
    return Delivery.done
  }

  #refused(q: number): number {
    this.#stop(q, RxFault.memoryAccess)
    return Delivery.queueStopped
  }

  /** Too few descriptors have arrived. Those on their way, or in the ring, are waited for; others only where nothing may be dropped. */
  #starved(q: number, need: number): number {
    const queues = this.queues
    const posted = queues.cached[q] - this.descriptors.taken[q] + Math.max(queues.unfetched(q), 0)
    // Packets that wait for more would hold up the descriptors behind them.
    this.#endPackets(q)
    this.#writeBack(q)
    this.#want(q)
    if (queues.faulted[q] === 1) return Delivery.queueStopped
    if (posted >= need && need <= CACHE) return Delivery.wait
    return this.settings.dropping[q] === 1 || need > CACHE ? Delivery.noDescriptor : Delivery.wait
  }

  /** Stops a queue; what is complete is written back if it can be. Only the first fault of a queue is told. */
  #stop(q: number, cause: number): void {
    this.#write(q)
    this.#fault(q, cause)
  }

  #fault(q: number, cause: number): void {
    this.queues.faulted[q] = 1
    this.#forget(q, true)
    this.#host.fault(q, cause)
  }

  /** Drops what is fetched, and what is not written back. */
  #forget(q: number, stopped: boolean): void {
    this.#ends.cancel(q)
    this.coalescer.forget(q)
    const lost = this.descriptors.forget(q)
    this.queues.forget(q)
    if (lost === 0) return
    this.pending -= lost
    this.#host.cutOff(lost, stopped)
  }

  /** Writes back what is complete; a refused write stops the queue. */
  #writeBack(q: number): void {
    if (!this.#write(q)) this.#fault(q, RxFault.memoryAccess)
  }

  /** One transfer for each run of places that is contiguous on chip and in the ring. False when one was refused. */
  #write(q: number): boolean {
    const queues = this.queues
    let left = this.descriptors.ready(q)
    if (left === 0) return true
    const dma = this.#host.dma(q)
    while (left > 0) {
      const run = Math.min(left, CACHE - queues.place[q], queues.size[q] - queues.head[q])
      const lo = queues.baseLo[q] + queues.head[q] * DESCRIPTOR_BYTES
      const hi = queues.baseHi[q] + (lo > 0xffffffff ? 1 : 0)
      if (dma?.write(this.#fetcher.word(q, 0) << 2, run * DESCRIPTOR_BYTES, lo >>> 0, hi) !== true) return false
      const frames = this.descriptors.written(q, run)
      this.pending -= frames
      this.#host.delivered(frames)
      left -= run
    }
    this.#host.completed(q)
    return true
  }
}

import type { Clock, StateIo, Task, TaskSource } from '@npa/core'
import type { Arena, Dma } from '@npa/memory'
import { Deadlines } from '../engine/deadlines.js'
import { IdQueue } from '../engine/id-queue.js'
import { ContiguousRings } from '../engine/ring-layout.js'
import { DESCRIPTOR_BYTES, TxCmd, TxInfo } from './descriptors.js'
import { Fetch, Fetcher } from '../engine/fetcher.js'
import { CACHE, QueueColumns, QueueState } from '../engine/queue-columns.js'
import { Span, TxData } from './tx-data.js'
import { insertChecksums, insertFrom } from './tx-offload.js'
import { TxFault } from './tx-host.js'
import type { TxHost } from './tx-host.js'
import { TxSegmenter } from './tx-segmenter.js'
import type { SegmentLimits } from './tx-segmenter.js'
import { TxWriteBack } from './tx-write-back.js'

/** Limits of a chip's transmit side. */
export interface TxLimits {
  readonly queues: number
  /** Descriptors of one burst, and most of one frame. */
  readonly burst: number
  /** Bytes of the longest frame, without FCS. */
  readonly maxFrame: number
  /** A frame is padded to this many bytes. */
  readonly minFrame: number
  readonly segment: SegmentLimits
}

/** What came of looking at a queue's oldest descriptors. */
const Step = { sent: 0, more: 1, blocked: 2 } as const

/** Words kept of a queue's two contexts, and of one. */
const CONTEXT_WORDS = 6
const SLOT_WORDS = 3

const ETHERNET_BYTES = 14
const FCS = 4
const TAG_BYTES = 4

/** VLANA of PFVMVIR. */
const ALWAYS = 1 << 30
const NEVER = 1 << 31

/**
 * The transmit descriptor engine of the 82576 and 82599 family: legacy, advanced and context descriptors, checksum and tag
 * insertion, segmentation, write-back. Queues take turns, a frame or segment each. A malformed frame stops its queue and nothing
 * else.
 */
export class TxEngine {
  readonly queues: QueueColumns
  readonly writeBack: TxWriteBack
  readonly segmenter: TxSegmenter
  readonly #arena: Arena
  readonly #host: TxHost
  readonly #limits: TxLimits
  readonly #fetcher: Fetcher
  readonly #data: TxData
  readonly #task: Task
  readonly #wanting: IdQueue
  readonly #ready: IdQueue
  /** Two context slots of each queue, words 0, 2 and 3 of each. */
  readonly #contexts: Int32Array
  /** Time that a byte takes at a queue's rate limit, ns; 0 for a queue without one. */
  readonly nsPerByte: Float64Array
  /** Bytes that a limited queue which has sent less than its rate may make up for at once. */
  compensationBytes = 0
  /** When a limited queue may send again, ns. */
  readonly #sendNs: Float64Array
  /** Queues that wait for that. */
  readonly #paced: Deadlines
  readonly #clock: Clock
  #blocked = false
  /** Bytes of the frame sent last. */
  #sentBytes = 0
  /** Written by the chip: whether short frames are padded. */
  padding = true

  constructor(
    arena: Arena,
    scheduler: Clock & TaskSource,
    name: string,
    limits: TxLimits,
    latencyNs: number,
    host: TxHost,
  ) {
    this.#arena = arena
    this.#host = host
    this.#limits = limits
    this.queues = new QueueColumns(limits.queues)
    this.writeBack = new TxWriteBack(arena, scheduler, name, this.queues, host)
    this.#contexts = new Int32Array(limits.queues * CONTEXT_WORDS)
    this.#wanting = new IdQueue(limits.queues)
    this.#ready = new IdQueue(limits.queues)
    this.nsPerByte = new Float64Array(limits.queues)
    this.#sendNs = new Float64Array(limits.queues)
    this.#clock = scheduler
    this.#paced = new Deadlines(scheduler, `${name}.pace`, limits.queues, (q) => {
      this.#ready.push(q)
      this.#task.kick()
    })
    this.#task = scheduler.task(name, (budget) => this.#run(budget))
    const rings = new ContiguousRings(this.queues, DESCRIPTOR_BYTES)
    this.#fetcher = new Fetcher(arena, scheduler, `${name}.fetch`, this.queues, rings, latencyNs, () =>
      this.#task.kick(),
    )
    this.#data = new TxData(arena, this.queues, this.#fetcher)
    this.segmenter = new TxSegmenter(arena, limits.queues, this.#data, limits.segment, limits.maxFrame)
  }

  /** Software moved the tail, or something else changed that may let the queue go on. */
  doorbell(q: number): void {
    this.#wanting.push(q)
    this.#task.kick()
  }

  /** There is room for frames again. */
  kick(): void {
    this.#blocked = false
    this.#task.kick()
  }

  enable(q: number): void {
    if (this.queues.state[q] === QueueState.off) this.queues.state[q] = QueueState.starting
    else if (this.queues.state[q] === QueueState.stopping) this.queues.state[q] = QueueState.on
    this.doorbell(q)
  }

  /** Stops fetching; what is fetched is still sent and completed, then the queue is off. */
  disable(q: number): void {
    if (this.queues.state[q] === QueueState.off) return
    this.queues.state[q] = this.queues.state[q] === QueueState.starting ? QueueState.off : QueueState.stopping
    this.doorbell(q)
  }

  /** Stops a queue at once and drops what it fetched. */
  reset(q: number): void {
    this.queues.state[q] = QueueState.off
    this.queues.faulted[q] = 0
    this.writeBack.forget(q)
    this.#paced.cancel(q)
    this.#forget(q)
    this.#contexts.fill(0, q * CONTEXT_WORDS, (q + 1) * CONTEXT_WORDS)
  }

  /** A completion could not be written from outside a queue's turn. */
  refusedLater(q: number): void {
    this.#stop(q, TxFault.memoryAccess)
  }

  /** Queues, what they have on chip, and who waits; rates and thresholds are in registers. */
  walkState(io: StateIo): void {
    this.padding = io.boolean('padding', this.padding)
    this.#blocked = io.boolean('blocked', this.#blocked)
    io.part('queues', (queues) => this.queues.walkState(queues))
    io.part('fetch', (fetch) => this.#fetcher.walkState(fetch))
    io.column('contexts', this.#contexts, -0x80000000, 0x7fffffff)
    this.segmenter.walkState(io)
    io.part('writeBack', (writeBack) => this.writeBack.walkState(writeBack))
    this.#wanting.walkState(io, 'wanting')
    this.#ready.walkState(io, 'ready')
    io.column('sendNs', this.#sendNs, 0, Number.MAX_SAFE_INTEGER, 0, true)
    io.part('pace', (paced) => this.#paced.walkState(paced))
  }

  #run(budget: number): boolean {
    for (let q = this.#wanting.shift(); q >= 0; q = this.#wanting.shift()) this.#want(q)
    for (let q = this.#fetcher.arrival(); q >= 0; q = this.#fetcher.arrival()) {
      if (!this.#paced.has(q)) this.#ready.push(q)
    }
    let q = -1
    for (let left = budget; left > 0 && !this.#blocked; left--) {
      if (q < 0) q = this.#ready.shift()
      if (q < 0) break
      const again = this.#turn(q)
      // Who is alone need not queue.
      if (again && this.#ready.count === 0 && left > 1) continue
      if (again) this.#ready.push(q)
      q = -1
    }
    return !this.#blocked && (this.#ready.count > 0 || this.#wanting.count > 0)
  }

  /** A queue's turn: a frame or a segment. Whether it may have another one at once; otherwise it queues already, or waits for something. */
  #turn(q: number): boolean {
    const step = this.queues.faulted[q] === 1 ? Step.more : this.#frame(q)
    if (step === Step.more) {
      this.#want(q)
      return false
    }
    if (step === Step.blocked) {
      this.#blocked = true
      this.#ready.push(q)
      return false
    }
    const limited = this.nsPerByte[q] !== 0
    if (limited) this.#pace(q)
    if (this.queues.cached[q] < this.#limits.burst / 2) this.#wanting.push(q)
    return !limited
  }

  /** A queue with a rate limit has sent: its next turn comes when the frame would have left at that rate. */
  #pace(q: number): void {
    const now = this.#clock.nowNs()
    const nsPerByte = this.nsPerByte[q]
    const since = Math.max(this.#sendNs[q], now - this.compensationBytes * nsPerByte)
    this.#sendNs[q] = since + (this.#sentBytes + FCS) * nsPerByte
    if (this.#sendNs[q] <= now) this.#ready.push(q)
    else this.#paced.set(q, Math.ceil(this.#sendNs[q]))
  }

  /** Everything that can happen to a queue with no whole frame on chip. */
  #want(q: number): void {
    const queues = this.queues
    if (queues.state[q] === QueueState.starting) {
      queues.state[q] = QueueState.on
      this.#forget(q)
    }
    if (queues.state[q] === QueueState.off) return
    if (queues.faulted[q] === 0 && this.#host.mayFetch(q)) {
      const stopping = queues.state[q] === QueueState.stopping
      // A frame that is fetched in part is finished: the line between sent and not sent never runs through a frame.
      const most = stopping ? (this.#partial(q) ? 1 : 0) : this.#limits.burst
      const result = this.#fetcher.start(q, this.#host.dma(q), most)
      if (result === Fetch.started) return
      if (result === Fetch.badIndex) this.#stop(q, TxFault.queueContext)
      if (result === Fetch.refused) this.#stop(q, TxFault.memoryAccess)
    }
    if (queues.state[q] === QueueState.stopping && !this.#waiting(q)) {
      this.writeBack.flush(q)
      queues.state[q] = QueueState.off
      queues.faulted[q] = 0
      this.#forget(q)
    }
  }

  /** Whether a queue will have another turn without being asked. */
  #waiting(q: number): boolean {
    return this.#ready.has(q) || this.#paced.has(q) || this.queues.arrivesNs[q] !== Infinity
  }

  /** Drops what is fetched and not sent. */
  #forget(q: number): void {
    this.queues.forget(q)
    this.segmenter.clear(q)
  }

  /** Whether the newest fetched descriptor belongs to a frame that goes on. */
  #partial(q: number): boolean {
    const cached = this.queues.cached[q]
    if (cached === 0) return this.segmenter.active(q)
    return (this.#arena.i32[this.#fetcher.word(q, cached - 1) + 2] & TxCmd.eop) === 0
  }

  #stop(q: number, cause: number): number {
    this.queues.faulted[q] = 1
    this.#forget(q)
    this.#host.fault(q, cause)
    return Step.more
  }

  #frame(q: number): number {
    if (this.segmenter.active(q)) return this.#segment(q)
    const i32 = this.#arena.i32
    let total = 0
    let count = 0
    for (;;) {
      if (count === this.queues.arrived[q]) {
        // A ring that is full without an end of packet would wait for ever.
        return count > 0 && count + 1 >= this.queues.size[q] ? this.#stop(q, TxFault.noEndOfPacket) : Step.more
      }
      const word = this.#fetcher.word(q, count)
      const cmd = i32[word + 2]
      if ((cmd & TxCmd.dext) !== 0) {
        const type = (cmd >>> TxCmd.typeShift) & TxCmd.typeMask
        if (type === TxCmd.context) {
          if (count > 0) return this.#stop(q, TxFault.contextInPacket)
          this.#context(q, word)
          if (this.queues.faulted[q] === 1) return Step.more
          continue
        }
        if (type !== TxCmd.data) return this.#stop(q, TxFault.descriptorType)
        if (count === 0 && (cmd & TxCmd.tse) !== 0) return this.#message(q, i32[word + 3])
      }
      if ((cmd & TxCmd.lengthMask) === 0) {
        if (count > 0 || (cmd & TxCmd.eop) === 0) return this.#stop(q, TxFault.zeroLength)
        // A packet without data ends a flush of completions; its own is not reported (7.2.3.2.4).
        this.#complete(q, 1, false)
        if (this.queues.faulted[q] === 1) return Step.more
        continue
      }
      total += cmd & TxCmd.lengthMask
      count++
      if ((cmd & TxCmd.eop) !== 0) break
      if (count >= this.#limits.burst) return this.#stop(q, TxFault.noEndOfPacket)
    }
    return this.#send(q, count, total)
  }

  #context(q: number, word: number): void {
    const i32 = this.#arena.i32
    const slot = contextOf(q, i32[word + 3])
    this.#contexts[slot] = i32[word]
    this.#contexts[slot + 1] = i32[word + 2]
    this.#contexts[slot + 2] = i32[word + 3]
    this.#complete(q, 1, (i32[word + 2] & TxCmd.rs) !== 0)
  }

  #send(q: number, count: number, total: number): number {
    const i32 = this.#arena.i32
    const first = this.#fetcher.word(q, 0)
    const last = this.#fetcher.word(q, count - 1)
    const cmd = i32[first + 2]
    const info = i32[first + 3]
    const extended = (cmd & TxCmd.dext) !== 0
    const slot = contextOf(q, info)
    if (extended && info >>> TxInfo.payloadShift !== total) return this.#stop(q, TxFault.payloadLength)
    if (total < ETHERNET_BYTES) return this.#stop(q, TxFault.macHeader)
    if (total > this.#limits.maxFrame) return this.#stop(q, TxFault.size)
    const at = this.#host.reserve(Math.max(total, this.#limits.minFrame) + TAG_BYTES)
    if (at < 0) return Step.blocked
    const tag = this.#tag(
      q,
      extended ? cmd : i32[last + 2],
      extended ? this.#contexts[slot] >>> 16 : i32[last + 3] >>> 16,
    )
    // The frame is built where its addresses will move down over, when a tag goes in behind them.
    const body = tag < 0 ? at : at + TAG_BYTES
    const dma = this.#host.dma(q)
    const one = count === 1
    const read = one ? dma?.read(i32[first] >>> 0, i32[first + 1] >>> 0, total, body) : this.#read(q, dma, total, body)
    if (read !== true) return this.#stop(q, TxFault.memoryAccess)
    const wrong = extended
      ? insertChecksums(this.#arena, body, total, info, this.#contexts[slot], this.#contexts[slot + 1])
      : this.#legacyChecksum(body, total, first, last)
    if (wrong !== 0) return this.#stop(q, wrong)
    this.#transmit(q, at, total, tag)
    if (one) this.#complete(q, 1, (cmd & TxCmd.rs) !== 0)
    else this.#completeFrame(q, count)
    return Step.sent
  }

  #read(q: number, dma: Dma | undefined, bytes: number, to: number): boolean {
    return dma !== undefined && this.#data.read(q, dma, 0, bytes, to)
  }

  /** A message to be segmented begins; `info` is word 3 of its first data descriptor. */
  #message(q: number, info: number): number {
    const dma = this.#host.dma(q)
    if (dma === undefined) return this.#stop(q, TxFault.memoryAccess)
    const slot = contextOf(q, info)
    const contexts = this.#contexts
    const begun = this.segmenter.begin(q, dma, contexts[slot], contexts[slot + 1], contexts[slot + 2])
    if (begun > 0) return this.#segment(q)
    return begun === Span.ended ? this.#refuse(q) : this.#wait(q, begun)
  }

  #segment(q: number): number {
    const bytes = this.segmenter.next(q)
    if (bytes <= 0) return this.#wait(q, bytes)
    const at = this.#host.reserve(Math.max(bytes, this.#limits.minFrame) + TAG_BYTES)
    if (at < 0) return Step.blocked
    const tag = this.#tag(q, this.segmenter.command(q), this.segmenter.tag(q))
    const dma = this.#host.dma(q)
    if (dma === undefined || !this.segmenter.build(q, dma, bytes, tag < 0 ? at : at + TAG_BYTES)) {
      return this.#stop(q, TxFault.memoryAccess)
    }
    this.#transmit(q, at, bytes, tag)
    this.#completeFrame(q, this.segmenter.advance(q, bytes))
    return Step.sent
  }

  /** Descriptors that a segment needs are not there: on their way, or never to come. */
  #wait(q: number, found: number): number {
    if (found < 0) return this.#stop(q, -found)
    // More than the chip can hold.
    return this.queues.arrived[q] === CACHE ? this.#stop(q, TxFault.noEndOfPacket) : Step.more
  }

  /** Gives up the message that ends within its headers. */
  #refuse(q: number): number {
    let count = 1
    while ((this.#arena.i32[this.#fetcher.word(q, count - 1) + 2] & TxCmd.eop) === 0) count++
    this.#host.refused(q)
    this.#completeFrame(q, count)
    return Step.sent
  }

  /** Sends the frame built at `at`, or behind where a tag will go. */
  #transmit(q: number, at: number, bytes: number, tag: number): void {
    if (tag >= 0) this.#insertTag(at, tag)
    this.#sentBytes = this.#pad(at, tag < 0 ? bytes : bytes + TAG_BYTES)
    this.#host.transmit(q, at, this.#sentBytes)
  }

  /** The tag to insert, or -1. */
  #tag(q: number, cmd: number, wanted: number): number {
    const port = this.#host.portVlan(q)
    if ((port & ALWAYS) !== 0) return port & 0xffff
    return (cmd & TxCmd.vle) !== 0 && (port & NEVER) === 0 ? wanted : -1
  }

  /** CSO and CSS of a legacy frame: where to store, and where to start. What is wrong with them, or 0. */
  #legacyChecksum(at: number, bytes: number, first: number, last: number): number {
    const i32 = this.#arena.i32
    if ((i32[last + 2] & TxCmd.insertChecksum) === 0) return 0
    const store = (i32[first + 2] >>> 16) & 0xff
    const start = (i32[first + 3] >>> 8) & 0xff
    return insertFrom(this.#arena, at, bytes, start, store, false, 0) ? 0 : TxFault.illegalOffload
  }

  #insertTag(at: number, tag: number): void {
    const u8 = this.#arena.u8
    u8.copyWithin(at, at + TAG_BYTES, at + TAG_BYTES + 12)
    u8[at + 12] = 0x81
    u8[at + 13] = 0
    u8[at + 14] = tag >>> 8
    u8[at + 15] = tag
  }

  #pad(at: number, bytes: number): number {
    const least = this.#limits.minFrame
    if (bytes >= least || !this.padding) return bytes
    this.#arena.u8.fill(0, at + bytes, at + least)
    return least
  }

  /** Completes a frame's descriptors, reporting those that ask for it. */
  #completeFrame(q: number, count: number): void {
    let pending = 0
    for (let left = count; left > 0 && this.queues.faulted[q] === 0; left--) {
      const cmd = this.#arena.i32[this.#fetcher.word(q, pending) + 2]
      pending++
      if (left > 1 && (cmd & TxCmd.rs) === 0) continue
      this.#complete(q, pending, (cmd & TxCmd.rs) !== 0)
      pending = 0
    }
  }

  #complete(q: number, count: number, report: boolean): void {
    if (!this.writeBack.complete(q, count, report)) this.#stop(q, TxFault.memoryAccess)
  }
}

/** Where the context that word 3 of a descriptor names is kept. */
function contextOf(q: number, info: number): number {
  return q * CONTEXT_WORDS + ((info & TxInfo.contextSlot) !== 0 ? SLOT_WORDS : 0)
}

import type { CostMeter, Counters, Task, TaskSource } from '@npa/core'
import { Event, TxDesc, TxStat } from '@npa/vmxnet3-spec'
import { Frame, FRAME_WORDS, frameBatch } from '@npa/wire'
import type { FrameBatch, Port } from '@npa/wire'
import type { Bus } from './bus.js'
import { MAX_FRAME_BYTES, TX_BATCH, TX_STAGING_BYTES } from './chip-memory.js'
import type { Interrupts } from './interrupts.js'
import { frameKind } from './rx-filter.js'
import { gatherFrame, TxRefusal } from './tx-frame.js'
import type { Refusal } from './tx-frame.js'
import type { TxQueue } from './tx-queue.js'
import { NO_END } from './tx-ring.js'

/** What the engine works with. */
export interface TxEngineParts {
  readonly name: string
  readonly bus: Bus
  readonly tasks: TaskSource
  readonly cost: CostMeter
  readonly counters: Counters
  readonly interrupts: Interrupts
  readonly queues: readonly TxQueue[]
  /** Place of `TX_STAGING_BYTES` in the device's memory. */
  readonly staging: number
  readonly raiseEvent: (events: number) => void
}

/**
 * Moves frames from all transmit queues to the port: gathers a batch, offers it, completes what the peer took. The rest of a batch
 * waits for `room` and nothing is gathered behind it.
 */
export class TxEngine {
  readonly #parts: TxEngineParts
  readonly #task: Task
  readonly #batch: FrameBatch = frameBatch(TX_BATCH)
  /** Of each frame in the batch: queue, and the index its completion reports, or -1 where none is wanted. */
  readonly #queue = new Uint8Array(TX_BATCH)
  readonly #report = new Int32Array(TX_BATCH)
  /** 1 for a segment of a longer frame. */
  readonly #segment = new Uint8Array(TX_BATCH)
  readonly #refused: ReadonlyMap<Refusal, number>
  readonly #copiesSlot: number
  readonly #discardedSlot: number
  /** Frames of the batch that are done, bytes of staging in use. */
  #done = 0
  #staged = 0
  #active = 0
  #first = 0
  #running = false
  #peer: Port | undefined
  #linkUp = true
  #descriptors = 0
  #copies = 0
  #copied = 0

  constructor(parts: TxEngineParts) {
    const { counters } = parts
    this.#parts = parts
    this.#task = parts.tasks.task(`${parts.name}.tx`, (budget) => this.#run(budget))
    this.#refused = new Map(Object.values(TxRefusal).map((why) => [why, counters.slot(why.counter)]))
    this.#copiesSlot = counters.slot('cpuCopies')
    this.#discardedSlot = counters.slot('txDiscardedAtStop')
  }

  connect(peer: Port): void {
    this.#peer = peer
  }

  set linkUp(up: boolean) {
    this.#linkUp = up
    this.kick()
  }

  /** Queues 0 … `queues` - 1 are in use from now on. Frames gathered before are discarded. */
  start(queues: number): void {
    this.discard()
    this.#active = queues
    this.#first = 0
    this.resume()
  }

  /** No transfer follows, until `resume` or `start`. Gathered frames stay. */
  stop(): void {
    this.#running = false
  }

  /** The rings are the driver's again: nothing of them is left to do. */
  end(): void {
    this.stop()
    this.discard()
    this.#active = 0
  }

  resume(): void {
    this.#running = true
    this.kick()
  }

  kick(): void {
    if (this.#running) this.#task.kick()
  }

  /** Whether nothing is left to do until the next doorbell. */
  get idle(): boolean {
    if (this.held > 0) return false
    for (let q = 0; q < this.#active; q++) {
      const { ring, status } = this.#parts.queues[q]
      if (!status.stopped && !ring.waiting) return false
    }
    return true
  }

  /** Frames that are gathered and not yet taken by the peer. */
  get held(): number {
    return this.#batch.n - this.#done
  }

  /** Drops the gathered frames, counted: they have no completion, and their queues will not report them. */
  discard(): void {
    for (let i = this.#done; i < this.#batch.n; i++) this.#parts.queues[this.#queue[i]].stats.add(TxStat.discarded, 1)
    this.#parts.counters.add(this.#discardedSlot, this.held)
    this.#batch.n = 0
    this.#done = 0
  }

  #run(budget: number): boolean {
    let left = budget
    let more = false
    while (this.#running) {
      if (this.held > 0 && !this.#offer()) break
      if (left <= 0) {
        more = true
        break
      }
      const n = this.#gather(Math.min(left, TX_BATCH))
      if (n === 0) break
      left -= n
    }
    this.#charge()
    return more
  }

  /** Fills the batch; returns the frames, those refused included. */
  #gather(limit: number): number {
    this.#batch.n = 0
    this.#done = 0
    this.#staged = 0
    const from = this.#first
    let looked = 0
    for (let i = 0; i < this.#active && looked < limit; i++) {
      const q = (from + i) % this.#active
      looked += this.#gatherFrom(q, limit - looked)
      this.#first = (q + 1) % this.#active
    }
    return looked
  }

  #gatherFrom(q: number, limit: number): number {
    const queue = this.#parts.queues[q]
    const { ring, segmenter } = queue
    let looked = 0
    while (looked < limit && !queue.status.stopped && this.#staged + MAX_FRAME_BYTES <= TX_STAGING_BYTES) {
      const n = segmenter.more ? segmenter.descriptors : ring.frame()
      if (n === 0) break
      looked++
      const refusal = n === NO_END ? TxRefusal.noEop : this.#take(q, n)
      if (refusal !== undefined) this.#refuse(queue, refusal)
    }
    return looked
  }

  /** Takes the frame of `n` descriptors, or the next segment of it: then the ring stays where it is until the last one. */
  #take(q: number, n: number): Refusal | undefined {
    const { bus, queues, staging } = this.#parts
    const { ring, segmenter } = queues[q]
    const i = this.#batch.n
    const at = staging + this.#staged
    const { segmented } = ring
    const begun = segmenter.more
    let refusal: Refusal | undefined
    if (!segmented) refusal = gatherFrame(bus, ring, n, at, this.#batch)
    else refusal = (begun ? undefined : segmenter.begin(n)) ?? segmenter.segment(at, this.#batch)
    if (!begun) this.#descriptors += n
    if (refusal !== undefined) return refusal
    const bytes = this.#batch.words[i * FRAME_WORDS + Frame.length]
    this.#staged += (bytes + 7) & ~7
    this.#copies++
    this.#copied += bytes
    this.#queue[i] = q
    this.#segment[i] = segmented ? 1 : 0
    this.#report[i] = -1
    if (segmenter.more) return undefined
    if ((bus.i32[ring.word(n - 1) + 3] & TxDesc.cq) !== 0) this.#report[i] = ring.index(n - 1)
    ring.advance(n)
    return undefined
  }

  #refuse(queue: TxQueue, why: Refusal): void {
    this.#parts.counters.add(this.#refused.get(why) ?? 0, 1)
    queue.fail(why.code)
    this.#parts.raiseEvent(Event.txQueueError)
  }

  /** Offers what is left of the batch; false when the peer is full. */
  #offer(): boolean {
    const peer = this.#linkUp ? this.#peer : undefined
    const offered = this.held
    const taken = peer === undefined ? offered : peer.send(this.#batch, this.#done, offered)
    for (let n = 0; n < taken; n++) this.#complete(this.#done++, peer !== undefined)
    this.#interrupt()
    return taken === offered
  }

  #complete(i: number, sent: boolean): void {
    const { queues, bus } = this.#parts
    const queue = queues[this.#queue[i]]
    const record = i * FRAME_WORDS
    const { words } = this.#batch
    const bytes = words[record + Frame.length]
    if (sent) {
      queue.stats.frames(frameKind(bus.u8, words[record + Frame.address]), 1, bytes)
      if (this.#segment[i] !== 0) queue.stats.segment(bytes)
    } else queue.stats.add(TxStat.discarded, 1)
    if (this.#report[i] < 0) return
    queue.completions.post(this.#report[i], 0, 0, 0)
    queue.completed = true
    this.#descriptors++
  }

  /** One interrupt per queue and batch. */
  #interrupt(): void {
    for (let q = 0; q < this.#active; q++) {
      const queue = this.#parts.queues[q]
      if (!queue.completed) continue
      queue.completed = false
      this.#parts.interrupts.fire(queue.interrupt)
    }
  }

  #charge(): void {
    const { cost, counters } = this.#parts
    if (this.#descriptors > 0) cost.charge('emulatedDescriptor', this.#descriptors)
    if (this.#copies > 0) {
      cost.charge('copyCall', this.#copies)
      cost.charge('copyByte', this.#copied)
      counters.add(this.#copiesSlot, this.#copies)
    }
    this.#descriptors = 0
    this.#copies = 0
    this.#copied = 0
  }
}

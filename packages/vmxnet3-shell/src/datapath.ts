import type { FrameSegments, NetDeviceUser } from '@npa/core'
import { SendFlag } from '@npa/plugin-api/guest'
import type { BufferPool } from './buffer-pool.js'
import type { ShellCounters } from './counters.js'
import type { PluginHost } from './plugin-host.js'
import { RX_BATCH, RxBatch } from './rx-batch.js'
import { TxHeaders } from './tx-headers.js'
import { TxQueue } from './tx-queue.js'

/** Ethernet header and one VLAN tag. */
export const FRAME_OVERHEAD = 18

const UDP_CHECKSUM = 6
const TCP_CHECKSUM = 16

/** Bounds of a queue that is emptied for good: a plugin that never says "empty" is not asked for ever. */
const MOST_ROUNDS = 1024

/**
 * The frames' way between the stack and whichever plugin is current. It belongs to the stack's side of a mode switch: queues and
 * their frames stay, plugins come and go under them.
 */
export class Datapath {
  readonly batches: readonly RxBatch[]
  user: NetDeviceUser | undefined
  /** The current plugin. */
  host: PluginHost | undefined
  /** Told when frames stop being taken from the stack, and when they are taken again. */
  readonly #flow: (open: boolean) => void
  #stopped = true
  readonly #pool: BufferPool
  readonly #counters: ShellCounters
  readonly #queues: readonly TxQueue[]
  readonly #maxFrame: number
  readonly #headers: TxHeaders = new TxHeaders()
  /** The stack was refused a frame. */
  #wakeDue = false

  constructor(
    pool: BufferPool,
    counters: ShellCounters,
    queuePairs: number,
    txRingSize: number,
    mtu: number,
    flow: (open: boolean) => void,
  ) {
    this.#flow = flow
    this.#pool = pool
    this.#counters = counters
    this.#maxFrame = mtu + FRAME_OVERHEAD
    // one frame may wait beside a full ring, and one more be refused space
    this.#queues = Array.from({ length: queuePairs }, (_, queue) => new TxQueue(pool, queue, txRingSize + 2))
    this.batches = Array.from({ length: queuePairs }, () => new RxBatch())
  }

  /** No frames are taken from the stack. */
  get stopped(): boolean {
    return this.#stopped
  }

  set stopped(stopped: boolean) {
    if (stopped === this.#stopped) return
    this.#stopped = stopped
    this.#flow(!stopped)
  }

  /** See `NetDevice.transmit`. Throws a `RangeError` for buffers that are not the stack's, or bytes outside them. */
  transmit(frame: FrameSegments): boolean {
    const { host } = this
    if (this.stopped || host === undefined) return this.#refuse()
    const bytes = this.#check(frame)
    const headers = this.#headers
    headers.parse(this.#pool.u8, frame.buffer[0] * this.#pool.size + frame.offset[0], frame.length[0])
    const index = this.#queues.length === 1 ? 0 : (headers.hash >>> 0) % this.#queues.length
    const queue = this.#queues[index]
    if (!queue.open) return this.#refuse()
    let flags = headers.flags
    if (frame.vlan >= 0) flags |= SendFlag.vlan
    if (frame.csumStart >= 0) {
      flags |= SendFlag.checksum
      const field = (flags & SendFlag.udp) !== 0 ? UDP_CHECKSUM : TCP_CHECKSUM
      if (headers.l4 !== frame.csumStart || frame.csumOffset !== field || headers.l4 === 0) {
        return this.#lose(frame, this.#counters.txBadOffload)
      }
    }
    if (bytes > this.#maxFrame) return this.#lose(frame, this.#counters.txTooBig)
    queue.fifo.push(frame, headers, flags)
    queue.pump(host, false)
    return true
  }

  /** See `NetDevice.flush`. */
  flush(): void {
    const { host } = this
    if (host === undefined) return
    for (const queue of this.#queues) queue.pump(host, true)
  }

  /** For the plugin's `completeSend`; the claim is checked. */
  completeSend(host: PluginHost, index: number, count: number): void {
    const queue = this.#queues[index]
    const placed = host === this.host ? queue.fifo.placed : 0
    if (!(count > 0 && count <= placed)) this.#counters.add(this.#counters.badCompletion, 1)
    const frames = count > 0 ? Math.min(count, placed) : 0
    this.#counters.add(this.#counters.txBytes, queue.complete(frames))
    this.#counters.add(this.#counters.txFrames, frames)
  }

  /** One round of queue `index`: completions, at most `budget` received frames, fresh buffers. Returns the frames received. */
  poll(index: number, budget: number): number {
    const { host } = this
    if (host === undefined) return 0
    this.reap(index)
    const frames = host.checkRx(index, Math.min(budget, RX_BATCH))
    if (frames > 0) this.#deliver(index)
    // the stack may have closed the device just now
    if (this.host === host) host.addBuffers(index)
    return frames
  }

  /** Takes completions, sends on what waits, and wakes the stack when it can go on. */
  reap(index: number): void {
    const { host } = this
    if (host === undefined) return
    host.checkTx(index)
    this.#queues[index].pump(host, true)
    this.#wake()
  }

  /** Takes what is left in a plugin's rings, without posting or sending anything. */
  drain(host: PluginHost): void {
    for (let index = 0; index < this.#queues.length; index++) {
      host.checkTx(index)
      for (let round = 0; round < MOST_ROUNDS && host.checkRx(index, RX_BATCH) > 0; round++) this.#deliver(index)
    }
  }

  /** Frames that the current plugin has or that wait for it. */
  get pending(): number {
    let frames = 0
    for (const queue of this.#queues) frames += queue.fifo.length
    return frames
  }

  /** The current plugin is gone: its frames wait for the next one, in order. */
  keepFrames(): void {
    for (const queue of this.#queues) queue.rewind()
  }

  /** The current plugin is gone, and nobody can say which of its frames left: they are lost under `counter`. */
  dropPlaced(counter: number): void {
    for (const queue of this.#queues) this.#counters.add(counter, queue.drop())
  }

  /** Drops every frame, at the end. */
  clear(): void {
    for (const queue of this.#queues) this.#counters.add(this.#counters.txClosed, queue.fifo.clear())
  }

  /** A plugin is there: sends what waits, then takes frames again. */
  resume(host: PluginHost): void {
    this.host = host
    for (const queue of this.#queues) queue.pump(host, true)
    this.stopped = false
    this.#wake()
  }

  #deliver(index: number): void {
    const { user } = this
    if (user !== undefined) this.batches[index].deliver(user)
    else this.#counters.add(this.#counters.rxNoUser, this.batches[index].discard(this.#pool))
  }

  #wake(): void {
    if (!this.#wakeDue || this.stopped || !this.#queues.every((queue) => queue.open)) return
    this.#wakeDue = false
    this.user?.wake()
  }

  #refuse(): false {
    this.#wakeDue = true
    return false
  }

  /** Takes a frame that cannot be sent. */
  #lose(frame: FrameSegments, counter: number): true {
    for (let i = 0; i < frame.count; i++) this.#pool.free(frame.buffer[i])
    this.#counters.add(counter, 1)
    return true
  }

  /** The frame's bytes. */
  #check(frame: FrameSegments): number {
    const { count } = frame
    if (!(count >= 1 && count <= frame.buffer.length)) throw new RangeError(`frame of ${count} buffers`)
    let bytes = 0
    for (let i = 0; i < count; i++) {
      if (!this.#pool.holds(frame.buffer[i], frame.offset[i], frame.length[i])) {
        throw new RangeError(
          `frame with ${frame.length[i]} bytes from ${frame.offset[i]} of packet buffer ${frame.buffer[i]}`,
        )
      }
      bytes += frame.length[i]
    }
    return bytes
  }
}

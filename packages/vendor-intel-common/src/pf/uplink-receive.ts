import type { CostMeter } from '@npa/core'
import { Frame, FRAME_WORDS, frameBatch, FrameFlag } from '@npa/wire'
import type { FrameBatch, Port } from '@npa/wire'
import { DESCRIPTOR_BYTES, DESCRIPTOR_WORDS, RxStatus, RxType } from '../layout/index.js'
import type { ChecksumErrors } from '../layout/index.js'
import type { Queues } from './queues.js'
import type { UplinkRing } from './uplink-ring.js'

/** Most frames that the peer gets at once. */
const BATCH = 64

export interface UplinkReceiveParts {
  readonly queues: Queues
  readonly queue: number
  readonly ring: UplinkRing
  readonly errors: ChecksumErrors
  readonly meter: CostMeter
}

/**
 * The PF's receive queue. A buffer holds the longest frame, so every frame is one descriptor; the peer borrows the frames where
 * the chip put them, and their buffers are posted again when it has taken them.
 */
export class UplinkReceive {
  readonly #parts: UplinkReceiveParts
  readonly #i32: Int32Array
  readonly #batch: FrameBatch = frameBatch(BATCH)
  #next = 0
  peer: Port | undefined

  constructor(parts: UplinkReceiveParts) {
    this.#parts = parts
    this.#i32 = parts.ring.descriptors.i32
  }

  /** A frame is waiting in the ring. */
  get waiting(): boolean {
    this.#sync()
    return (Atomics.load(this.#i32, this.#next * DESCRIPTOR_WORDS + 2) & RxStatus.done) !== 0
  }

  /** Programs the queue and asks for its enable. */
  start(): void {
    const { queues, queue, ring } = this.#parts
    for (let i = 0; i < ring.size; i++) this.#post(i)
    ring.descriptors.syncForDevice(0, ring.size * DESCRIPTOR_BYTES)
    queues.startRx(queue, ring.place, ring.bufferBytes, true)
  }

  /** Gives all descriptors but one to the enabled queue. */
  postAll(): void {
    this.#parts.queues.ringRx(this.#parts.queue, this.#parts.ring.size - 1)
  }

  /**
   * Hands frames to the peer until there are none, `budget` is used up, or the peer takes fewer than offered: then the rest stay
   * in the ring. Returns the frames taken, or -1 when the peer would not take more.
   */
  deliver(budget: number): number {
    const { peer } = this
    if (peer === undefined) return 0
    let delivered = 0
    while (delivered < budget) {
      const n = this.#collect(Math.min(BATCH, budget - delivered))
      if (n === 0) break
      const taken = peer.send(this.#batch, 0, n)
      this.#recycle(taken)
      delivered += taken
      if (taken > 0) this.#parts.meter.charge('pfFrame', taken)
      if (taken < n) return -1
    }
    return delivered
  }

  /** Describes up to `max` waiting frames in the batch. */
  #collect(max: number): number {
    const { ring, errors } = this.#parts
    const words = this.#batch.words
    this.#sync()
    let at = this.#next
    let n = 0
    while (n < max) {
      const d = at * DESCRIPTOR_WORDS
      const status = Atomics.load(this.#i32, d + 2)
      if ((status & RxStatus.done) === 0) break
      const frame = n * FRAME_WORDS
      const length = this.#i32[d + 3] & 0xffff
      ring.syncBufferForCpu(at, length)
      words[frame + Frame.address] = ring.bufferAt(at)
      words[frame + Frame.length] = length
      words[frame + Frame.flags] = flagsOf(this.#i32[d], status, errors)
      words[frame + Frame.vlan] = this.#i32[d + 3] >>> 16
      at = at + 1 === ring.size ? 0 : at + 1
      n++
    }
    this.#batch.n = n
    return n
  }

  #recycle(count: number): void {
    if (count === 0) return
    const { queues, queue, ring } = this.#parts
    for (let left = count; left > 0; left--) {
      this.#post(this.#next)
      this.#next = this.#next + 1 === ring.size ? 0 : this.#next + 1
    }
    ring.descriptors.syncForDevice(0, ring.size * DESCRIPTOR_BYTES)
    queues.ringRx(queue, this.#next === 0 ? ring.size - 1 : this.#next - 1)
  }

  #post(index: number): void {
    const d = index * DESCRIPTOR_WORDS
    this.#parts.ring.address(index, d)
    this.#i32[d + 2] = 0
    this.#i32[d + 3] = 0
  }

  #sync(): void {
    const { ring } = this.#parts
    ring.descriptors.syncForCpu(0, ring.size * DESCRIPTOR_BYTES)
  }
}

/** What the chip found out about a frame. */
function flagsOf(type: number, status: number, errors: ChecksumErrors): number {
  const flags = (status & RxStatus.vlan) === 0 ? 0 : FrameFlag.vlan
  const ipWrong = (status & RxStatus.ipChecked) !== 0 && (status & errors.ip) !== 0
  if (ipWrong) return flags | FrameFlag.csumBad
  if ((status & RxStatus.l4Checked) === 0) return flags
  if ((status & errors.l4) === 0) return flags | FrameFlag.csumGood
  // A UDP datagram without checksum can be marked wrong (82599 specification update): the stack looks again.
  return (type & RxType.udp) === 0 ? flags | FrameFlag.csumBad : flags
}

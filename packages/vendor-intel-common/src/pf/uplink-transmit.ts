import type { CostMeter, Counters } from '@npa/core'
import type { Arena } from '@npa/memory'
import { finishCsum, Frame, FRAME_WORDS, FrameFlag, vlan } from '@npa/wire'
import type { FrameBatch } from '@npa/wire'
import { DESCRIPTOR_BYTES, DESCRIPTOR_WORDS, ETHERNET_BYTES, TxCommand, TxContext, TxInfo } from '../layout/index.js'
import { checksumContext, plainContext } from './offload.js'
import type { Context } from './offload.js'
import type { Queues } from './queues.js'
import type { UplinkRing } from './uplink-ring.js'
import type { VlanFilters } from './vlan-filters.js'

export interface UplinkTransmitParts {
  readonly queues: Queues
  readonly queue: number
  readonly ring: UplinkRing
  readonly arena: Arena
  readonly meter: CostMeter
  readonly counters: Counters
  /** Told of the VLANs that are sent into. */
  readonly vlans: VlanFilters
  /** Bytes of the longest frame. */
  readonly maxFrame: number
}

/**
 * The PF's transmit queue: a frame is copied into its descriptor's bounce buffer, since the chip reaches the host's DMA memory only.
 * A frame takes one data descriptor, and one context descriptor before it when the chip's context slot must change.
 */
export class UplinkTransmit {
  readonly #parts: UplinkTransmitParts
  readonly #oversize: number
  readonly #badOffload: number
  readonly #i32: Int32Array
  readonly #context: Context = { word0: 0, word2: 0 }
  #hasContext = false
  #word0 = 0
  #word2 = 0
  #next = 0
  #clean = 0
  #rung = 0

  constructor(parts: UplinkTransmitParts) {
    this.#parts = parts
    this.#i32 = parts.ring.descriptors.i32
    this.#oversize = parts.counters.slot('pf.txOversize')
    this.#badOffload = parts.counters.slot('pf.txBadOffload')
  }

  /** Everything sent is completed. */
  get idle(): boolean {
    return this.#clean === this.#next
  }

  /** Room for a good many frames, so that a sender that was told to wait does not come back for one. */
  get hasRoom(): boolean {
    return this.#free() >= this.#parts.ring.size / 4
  }

  /** Programs the queue and asks for its enable. */
  start(): void {
    const { queues, queue, ring } = this.#parts
    queues.startTx(queue, ring.place)
  }

  /** Copies and places frames until the ring is full; returns how many were taken, dropped ones among them. */
  send(batch: FrameBatch, from: number, count: number): number {
    this.reclaim()
    let taken = 0
    let bytes = 0
    while (taken < count && this.#free() >= 2) bytes += this.#place(batch.words, (from + taken++) * FRAME_WORDS)
    this.#ringDoorbell()
    if (bytes > 0) {
      const { meter } = this.#parts
      meter.charge('pfFrame', taken)
      meter.charge('copyCall', taken)
      meter.charge('copyByte', bytes)
    }
    return taken
  }

  /** Finds what the chip has sent: only a frame's data descriptor, its last, gets DD. */
  reclaim(): void {
    const { ring } = this.#parts
    if (this.idle) return
    ring.descriptors.syncForCpu(0, ring.size * DESCRIPTOR_BYTES)
    let at = this.#clean
    while (at !== this.#next) {
      const d = at * DESCRIPTOR_WORDS
      at = this.#after(at)
      if ((Atomics.load(this.#i32, d + 3) & TxInfo.done) !== 0) this.#clean = at
      else if ((this.#i32[d + 2] & TxCommand.endOfPacket) !== 0) break
    }
  }

  #free(): number {
    const { size } = this.#parts.ring
    return (this.#clean - this.#next - 1 + size) % size
  }

  #after(at: number): number {
    return at + 1 === this.#parts.ring.size ? 0 : at + 1
  }

  /** Returns the bytes copied: 0 for a frame that cannot be sent. */
  #place(words: Int32Array, frame: number): number {
    const { ring, arena, counters, vlans, maxFrame } = this.#parts
    const length = words[frame + Frame.length]
    const flags = words[frame + Frame.flags]
    if (length > maxFrame || length < ETHERNET_BYTES) {
      counters.add(this.#oversize, 1)
      return 0
    }
    const tag = (flags & FrameFlag.vlan) === 0 ? 0 : words[frame + Frame.vlan] & 0xffff
    let options = TxInfo.checkContext | (length << TxInfo.lengthShift)
    let inSoftware = false
    if ((flags & FrameFlag.csumWanted) === 0) plainContext(this.#context, tag)
    else {
      const start = words[frame + Frame.csumStart]
      const offset = words[frame + Frame.csumOffset]
      if (start < 0 || offset < 0 || start + offset + 2 > length) {
        counters.add(this.#badOffload, 1)
        return 0
      }
      inSoftware = !checksumContext(this.#context, arena.u8, words[frame + Frame.address], start, offset, tag)
      if (inSoftware) plainContext(this.#context, tag)
      else options |= TxInfo.insertL4Checksum
    }
    this.#setContext((options & TxInfo.insertL4Checksum) !== 0)
    const index = this.#next
    const to = ring.bufferAt(index)
    const address = words[frame + Frame.address]
    const tci = (flags & FrameFlag.vlan) === 0 ? vlan.outerTci(arena.u8, address, length) : tag
    if (tci >= 0) vlans.use(vlan.id(tci))
    arena.copy(to, address, length)
    if (inSoftware) {
      finishCsum(arena.u8, to, length, words[frame + Frame.csumStart], words[frame + Frame.csumOffset])
    }
    ring.syncBufferForDevice(index, length)
    const d = index * DESCRIPTOR_WORDS
    const vle = (flags & FrameFlag.vlan) === 0 ? 0 : TxCommand.insertVlan
    ring.address(index, d)
    this.#i32[d + 2] = DATA | vle | length
    this.#i32[d + 3] = options
    this.#next = this.#after(index)
    return length
  }

  /** Writes a context descriptor unless the slot has what is needed; without a checksum that is VLAN and MACLEN only. */
  #setContext(checksum: boolean): void {
    const { word0, word2 } = this.#context
    const same = checksum
      ? word0 === this.#word0 && word2 === this.#word2
      : ((word0 ^ this.#word0) & TxContext.vlanAndMacLength) === 0
    if (this.#hasContext && same) return
    this.#hasContext = true
    this.#word0 = word0
    this.#word2 = word2
    const d = this.#next * DESCRIPTOR_WORDS
    this.#i32[d] = word0
    this.#i32[d + 1] = 0
    this.#i32[d + 2] = word2
    this.#i32[d + 3] = 0
    this.#next = this.#after(this.#next)
  }

  #ringDoorbell(): void {
    if (this.#rung === this.#next) return
    const { queues, queue, ring } = this.#parts
    ring.descriptors.syncForDevice(0, ring.size * DESCRIPTOR_BYTES)
    this.#rung = this.#next
    queues.ringTx(queue, this.#next)
  }
}

/** Of every data descriptor: one for a whole frame. */
const DATA = TxCommand.data | TxCommand.extended | TxCommand.insertFcs | TxCommand.endOfPacket | TxCommand.reportStatus

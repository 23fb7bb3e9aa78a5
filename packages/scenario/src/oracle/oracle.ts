import type { FrameSegments, PacketBuffers } from '@npa/core'
import type { Arena } from '@npa/memory'
import { finishCsum, MAC_BYTES, macEqual, vlan } from '@npa/wire'
import { fingerprint } from './frame-hash.js'
import { paddedLength } from './padding.js'
import { Lane } from './lane.js'
import type { LaneCounts, OracleLane } from './lane.js'

const MAX_FRAME = 20480

/** What the oracle found between two looks, over all VMs. */
export interface OracleCounts extends LaneCounts {
  /** Bytes of the frames sent and delivered, without padding and FCS. */
  sentBytes: number
  deliveredBytes: number
  /** Frames sent to nobody among the VMs. */
  stray: number
}

/** One VM as the oracle knows it. */
export interface OracleVm {
  readonly name: string
  readonly mac: Uint8Array
  /** VLANs whose tagged frames it receives; untagged ones it receives always. */
  readonly vlans: readonly number[]
}

/**
 * Watches every frame at the border between each guest's stack and its NIC: what one VM sends, the VMs that it is addressed to
 * must get once, in order, as it would stand on a wire. Its counters are its own.
 */
export class Oracle {
  readonly #vms: readonly OracleVm[]
  /** Lane from VM s to VM d at s * VMs + d. */
  readonly #lanes: readonly OracleLane[]
  readonly arena: Arena
  /** Where `wireForm` puts a frame. */
  readonly frameAt: number
  /** Bytes of the frame that `wireForm` made last. */
  wireLength = 0
  #sentBytes = 0
  #deliveredBytes = 0
  #stray = 0
  /** Copies of frames that VMs have sent to others, and that they have got, so far. */
  sentFrames = 0
  deliveredFrames = 0

  /** `lane` makes what judges, or only notes, one direction. */
  constructor(arena: Arena, vms: readonly OracleVm[], lane: () => OracleLane = () => new Lane()) {
    this.arena = arena
    this.frameAt = arena.allocate(MAX_FRAME)
    this.#vms = vms
    this.#lanes = vms.flatMap(() => vms.map(() => lane()))
  }

  /**
   * Makes the frame as a wire would have it: in one piece, tag in, checksum complete. It stands in the arena at `frameAt` until the next call;
   * its length is `wireLength`. `outbound`: the checksum words of the record are a wish. The buffers lie in the arena.
   */
  wireForm(buffers: PacketBuffers, frame: FrameSegments, outbound: boolean): void {
    const { u8 } = this.arena
    const at = this.frameAt
    let length = 0
    for (let i = 0; i < frame.count; i++) {
      const from = buffers.u8.byteOffset + frame.buffer[i] * buffers.size + frame.offset[i]
      u8.copyWithin(at + length, from, from + frame.length[i])
      length += frame.length[i]
    }
    if (outbound && frame.csumStart >= 0) finishCsum(u8, at, length, frame.csumStart, frame.csumOffset)
    if (frame.vlan >= 0) vlan.insert(u8, at, length, frame.vlan)
    this.wireLength = frame.vlan >= 0 ? length + vlan.TAG_BYTES : length
  }

  /** VM `from` handed the frame in `wireForm` to its NIC. */
  sent(from: number): void {
    const { u8 } = this.arena
    const multicast = (u8[this.frameAt] & 1) !== 0
    const tag = vlan.outerTci(u8, this.frameAt, this.wireLength)
    const print = this.#print()
    let receivers = 0
    for (let to = 0; to < this.#vms.length; to++) {
      if (to === from || (!multicast && !macEqual(u8, this.frameAt, this.#vms[to].mac, 0))) continue
      if (tag >= 0 && !this.#vms[to].vlans.includes(vlan.id(tag))) continue
      this.#lanes[from * this.#vms.length + to].sent(print)
      this.#sentBytes += this.wireLength
      this.sentFrames++
      receivers++
    }
    if (receivers === 0) this.#stray++
  }

  /** VM `to` got the frame in `wireForm` from its NIC. */
  delivered(to: number): void {
    const { u8 } = this.arena
    const source = this.frameAt + MAC_BYTES
    const from = this.#vms.findIndex((vm) => macEqual(u8, source, vm.mac, 0))
    if (from < 0 || from === to) this.#lanes[to * this.#vms.length + to].counts.foreign++
    else this.#lanes[from * this.#vms.length + to].delivered(this.#print())
    this.#deliveredBytes += this.wireLength
    this.deliveredFrames++
  }

  /** Lane from VM s to VM d at s * VMs + d. */
  get lanes(): readonly OracleLane[] {
    return this.#lanes
  }

  /** Frames sent and not delivered so far. */
  get outstanding(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.outstanding, 0)
  }

  /** Gives up on what is outstanding: that is lost. Returns how many frames. */
  settle(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.settle(), 0)
  }

  counts(): OracleCounts {
    const all = { sent: 0, delivered: 0, duplicated: 0, reordered: 0, foreign: 0 }
    for (const { counts } of this.#lanes) {
      all.sent += counts.sent
      all.delivered += counts.delivered
      all.duplicated += counts.duplicated
      all.reordered += counts.reordered
      all.foreign += counts.foreign
    }
    return { ...all, sentBytes: this.#sentBytes, deliveredBytes: this.#deliveredBytes, stray: this.#stray }
  }

  /** Padding is not part of a frame: it is zeroed to the least length before frames are compared. */
  #print(): number {
    const length = paddedLength(this.arena.u8, this.frameAt, this.wireLength)
    this.arena.u8.fill(0, this.frameAt + this.wireLength, this.frameAt + length)
    return fingerprint(this.arena.u8, this.frameAt, length)
  }
}

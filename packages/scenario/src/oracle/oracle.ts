import type { FrameSegments, PacketBuffers } from '@npa/core'
import { finishCsum, MAC_BYTES, macEqual } from '@npa/wire'
import { fingerprint } from './frame-hash.js'
import { Lane } from './lane.js'
import type { LaneCounts } from './lane.js'

/** Shorter frames are padded on their way. */
const MIN_FRAME = 60
const MAX_FRAME = 16384

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
}

/**
 * Watches every frame at the border between each guest's stack and its NIC: what one VM sends, the VMs that it is addressed to
 * must get once, in order, as it would stand on a wire. Its counters are its own.
 */
export class Oracle {
  readonly #vms: readonly OracleVm[]
  /** Lane from VM s to VM d at s * VMs + d. */
  readonly #lanes: Lane[]
  readonly #frame = new Uint8Array(MAX_FRAME)
  /** Bytes of the frame that `wireForm` made last. */
  wireLength = 0
  #sentBytes = 0
  #deliveredBytes = 0
  #stray = 0
  /** Frames that a VM has sent to another, so far. */
  sentFrames = 0

  constructor(vms: readonly OracleVm[]) {
    this.#vms = vms
    this.#lanes = vms.flatMap(() => vms.map(() => new Lane()))
  }

  /**
   * The frame as a wire would have it: in one piece, tag in, checksum complete. It stands at the start of the array returned until the next call;
   * its length is `wireLength`. `outbound`: the checksum words of the record are a wish.
   */
  wireForm(buffers: PacketBuffers, frame: FrameSegments, outbound: boolean): Uint8Array {
    let length = 0
    for (let i = 0; i < frame.count; i++) {
      const from = frame.buffer[i] * buffers.size + frame.offset[i]
      for (let byte = 0; byte < frame.length[i]; byte++) this.#frame[length++] = buffers.u8[from + byte]
    }
    if (outbound && frame.csumStart >= 0) finishCsum(this.#frame, 0, length, frame.csumStart, frame.csumOffset)
    if (frame.vlan >= 0) {
      this.#frame.copyWithin(16, 12, length)
      this.#frame[12] = 0x81
      this.#frame[13] = 0
      this.#frame[14] = frame.vlan >> 8
      this.#frame[15] = frame.vlan & 0xff
      length += 4
    }
    this.wireLength = length
    return this.#frame
  }

  /** VM `from` handed the frame in `wireForm` to its NIC. */
  sent(from: number): void {
    const multicast = (this.#frame[0] & 1) !== 0
    const print = this.#print()
    let receivers = 0
    for (let to = 0; to < this.#vms.length; to++) {
      if (to === from || (!multicast && !macEqual(this.#frame, 0, this.#vms[to].mac, 0))) continue
      this.#lanes[from * this.#vms.length + to].sent(print)
      this.#sentBytes += this.wireLength
      this.sentFrames++
      receivers++
    }
    if (receivers === 0) this.#stray++
  }

  /** VM `to` got the frame in `wireForm` from its NIC. */
  delivered(to: number): void {
    const from = this.#vms.findIndex((vm) => macEqual(this.#frame, MAC_BYTES, vm.mac, 0))
    if (from < 0 || from === to) this.#lanes[to * this.#vms.length + to].counts.foreign++
    else this.#lanes[from * this.#vms.length + to].delivered(this.#print())
    this.#deliveredBytes += this.wireLength
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
    const length = Math.max(this.wireLength, MIN_FRAME)
    this.#frame.fill(0, this.wireLength, length)
    return fingerprint(this.#frame, 0, length)
  }
}

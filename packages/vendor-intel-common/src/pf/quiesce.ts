import type { VfInit, VfRing } from '@npa/plugin-api/host'
import { DESCRIPTOR_WORDS, RxStatus, TxCommand } from '../layout/index.js'
import type { PacketBuffer } from './packet-buffer.js'
import type { VfControl } from './vf-control.js'
import type { VfQueues } from './vf-queues.js'
import type { Vf } from './vf.js'

/** A full packet buffer runs through in half a millisecond: 512 KiB at 10 Gb/s, 64 KiB at 1 Gb/s; it must run through twice. */
const FLUSH = { everyNs: 2_000, tries: 5_000 } as const
/** Fetched frames are few; the wire may be slow to take them. */
const QUEUES_OFF = { everyNs: 2_000, tries: 5_000 } as const

/** Frames that a quiesced VF leaves in its rings. */
export interface Remainder {
  readonly unfetchedTxFrames: number
  readonly untakenRxFrames: number
}

export interface QuiesceParts {
  readonly buffer: PacketBuffer
  readonly control: VfControl
  readonly queues: VfQueues
}

/**
 * Stops a VF so that no frame is cut in two (82599 datasheet 4.6.7.1, 4.6.8.1; 82576 datasheet 4.5.9, 4.5.10): no new frames; those in the packet buffer reach its
 * buffers; fetched transmit frames are sent and written back; then queues, pool and interrupts are off, and no DMA follows. All waits
 * are by timer and bounded. When one runs out the VF is reset by force and `done` gets false: what it had fetched is unknown.
 */
export function quiesce(
  { buffer, control, queues }: QuiesceParts,
  vf: Vf,
  init: VfInit,
  done: (ok: boolean, remainder: Remainder) => void,
): void {
  const { waiter } = vf
  const finish = (ok: boolean): void => {
    if (!ok) control.reset(vf)
    control.gate(vf, false)
    control.maskInterrupts(vf)
    vf.active = false
    done(ok, remainder(queues, vf, init))
  }
  const stopReceive = (): void => {
    queues.stopReceive(vf, init)
    waiter.until(() => queues.receiveOff(vf, init), QUEUES_OFF.everyNs, QUEUES_OFF.tries, finish)
  }
  const stopTransmit = (): void => {
    queues.stopTransmit(vf, init)
    const off = (): boolean => queues.transmitOff(vf, init)
    waiter.until(off, QUEUES_OFF.everyNs, QUEUES_OFF.tries, (ok) => {
      if (ok) stopReceive()
      else finish(false)
    })
  }
  control.closeFilter(vf)
  if (!vf.active) {
    stopTransmit()
    return
  }
  waiter.until(buffer.flushed(), FLUSH.everyNs, FLUSH.tries, (ok) => {
    if (ok || buffer.emptiesItself) stopTransmit()
    else finish(false)
  })
}

/** Counts what the rings hold, which the guest can have written over: a count, never an index, comes of it. */
function remainder(queues: VfQueues, vf: Vf, init: VfInit): Remainder {
  let unfetchedTxFrames = 0
  let untakenRxFrames = 0
  init.tx.forEach((ring, i) => {
    unfetchedTxFrames += unfetched(init.window, ring, queues.head(vf, i), queues.tail(vf, i))
  })
  for (const ring of init.rx) untakenRxFrames += untaken(init.window, ring)
  return { unfetchedTxFrames, untakenRxFrames }
}

/** Frames that end between head and tail. A guest may write any tail: beyond the ring the chip stopped at it, and nothing is counted. */
function unfetched(window: Int32Array, ring: VfRing, head: number, tail: number): number {
  if (head >= ring.size || tail >= ring.size) return 0
  let frames = 0
  for (let i = head; i !== tail; i = i + 1 === ring.size ? 0 : i + 1) {
    if ((window[(ring.offset >> 2) + i * DESCRIPTOR_WORDS + 2] & TxCommand.endOfPacket) !== 0) frames++
  }
  return frames
}

/** Frames whose last descriptor is done and not yet zeroed by the plugin. */
function untaken(window: Int32Array, ring: VfRing): number {
  const last = RxStatus.done | RxStatus.endOfPacket
  let frames = 0
  for (let i = 0; i < ring.size; i++) {
    if ((window[(ring.offset >> 2) + i * DESCRIPTOR_WORDS + 2] & last) === last) frames++
  }
  return frames
}

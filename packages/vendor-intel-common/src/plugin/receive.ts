import { Queue, RecvFlag, RecvFrame, State, Xsum } from '@npa/plugin-api/guest'
import type { PluginEnv } from '@npa/plugin-api/guest'
import { DESCRIPTOR_WORDS, RxStatus, RxType } from '../layout/index.js'
import { Rx, rxOwn, rxRecord } from './private-area.js'
import { after, distance, syncSpan } from './ring-span.js'
import type { VfChip } from './vf-chip.js'

/** Resets a receive ring: no buffer is posted. */
export function reinitRxRing(env: PluginEnv, queue: number): number {
  const w = env.window
  const ring = w[rxRecord(queue) + Queue.ringOffset] >> 2
  w.fill(0, ring, ring + w[rxRecord(queue) + Queue.ringSize] * DESCRIPTOR_WORDS)
  const own = rxOwn(w, queue)
  w[own + Rx.next] = 0
  w[own + Rx.tail] = 0
  return 0
}

/** Posts buffers until the ring is full but one slot, or the shell has none. A buffer's id is its descriptor's index. */
export function addBuffersToRxRing(env: PluginEnv, chip: VfChip, queue: number): number {
  const w = env.window
  const record = rxRecord(queue)
  const own = rxOwn(w, queue)
  const size = w[record + Queue.ringSize]
  const ring = w[record + Queue.ringOffset]
  const first = w[own + Rx.tail]
  let tail = first
  for (let room = size - 1 - distance(w[own + Rx.next], tail, size); room > 0; room--) {
    if (env.shell.allocSmallBuffer(w[record + Queue.handle], tail) === 0) break
    const d = (ring >> 2) + tail * DESCRIPTOR_WORDS
    w[d] = w[State.bufferLo]
    w[d + 1] = w[State.bufferHi]
    // The header address is not used, and its bit 0 is where DD will be.
    w[d + 2] = 0
    w[d + 3] = 0
    tail = after(tail, size)
  }
  if (tail === first) return 0
  syncSpan(env.syncForDevice, ring, size, first, tail)
  w[own + Rx.tail] = tail
  env.mmioWrite32(chip.rxTail + queue * chip.queueStride, tail)
  return 0
}

/** Hands complete frames to the shell. A frame is of as many descriptors as buffers of 2 KiB hold it: at most 5 of 9.5 KiB. */
export function checkRxRing(env: PluginEnv, chip: VfChip, queue: number, max: number): number {
  const w = env.window
  const record = rxRecord(queue)
  const own = rxOwn(w, queue)
  const size = w[record + Queue.ringSize]
  const ring = w[record + Queue.ringOffset]
  const next = w[own + Rx.next]
  const posted = distance(next, w[own + Rx.tail], size)
  syncSpan(env.syncForCpu, ring, size, next, (next + Math.min(posted, max)) % size)
  let frames = 0
  while (frames < max && takeFrame(w, chip, own, ring >> 2, size)) {
    env.shell.indicateRecv(w[record + Queue.handle])
    frames++
  }
  return frames
}

/** Whether the device completed a descriptor that was not taken yet. */
export function receivedWaits(env: PluginEnv, queue: number): boolean {
  const w = env.window
  const record = rxRecord(queue)
  const next = w[rxOwn(w, queue) + Rx.next]
  const size = w[record + Queue.ringSize]
  const ring = w[record + Queue.ringOffset]
  if (next === w[rxOwn(w, queue) + Rx.tail]) return false
  syncSpan(env.syncForCpu, ring, size, next, after(next, size))
  return (Atomics.load(w, (ring >> 2) + next * DESCRIPTOR_WORDS + 2) & RxStatus.done) !== 0
}

/** Describes the next frame to the shell when all of it is there; then its descriptors are marked as taken. */
function takeFrame(w: Int32Array, chip: VfChip, own: number, ring: number, size: number): boolean {
  const frame = w[State.recvFrameOffset] >> 2
  const first = w[own + Rx.next]
  const tail = w[own + Rx.tail]
  let at = first
  let bytes = 0
  let elements = 0
  for (;;) {
    const d = ring + at * DESCRIPTOR_WORDS
    if (at === tail) return false
    const status = Atomics.load(w, d + 2)
    if ((status & RxStatus.done) === 0) return false
    const length = w[d + 3] & 0xffff
    const element = frame + RecvFrame.element + elements * RecvFrame.elementWords
    w[element] = at
    w[element + 1] = length
    bytes += length
    elements++
    at = after(at, size)
    if ((status & RxStatus.endOfPacket) !== 0) {
      describe(w, chip, frame, w[d], status, w[d + 3] >>> 16)
      break
    }
  }
  w[frame + RecvFrame.byteLength] = bytes
  w[frame + RecvFrame.elements] = elements
  w[frame + RecvFrame.firstOffset] = 0
  // The PF driver counts descriptors that still say DD as frames that the guest did not take.
  for (let i = first; i !== at; i = after(i, size)) w[ring + i * DESCRIPTOR_WORDS + 2] = 0
  w[own + Rx.next] = at
  return true
}

/** What the last descriptor says of the whole frame. */
function describe(w: Int32Array, chip: VfChip, frame: number, type: number, status: number, tag: number): void {
  let flags = 0
  if ((type & RxType.ipv4) !== 0) flags |= RecvFlag.ipv4
  if ((type & RxType.ipv6) !== 0) flags |= RecvFlag.ipv6
  if ((type & RxType.tcp) !== 0) flags |= RecvFlag.tcp
  if ((type & RxType.udp) !== 0) flags |= RecvFlag.udp
  if ((status & RxStatus.vlan) !== 0) flags |= RecvFlag.vlan
  w[frame + RecvFrame.flags] = flags
  w[frame + RecvFrame.vlanTag] = (status & RxStatus.vlan) !== 0 ? tag : 0
  w[frame + RecvFrame.ipXsum] = verdict(status, RxStatus.ipChecked, chip.errors.ip)
  w[frame + RecvFrame.l4Xsum] = l4Verdict(chip, type, status)
}

function verdict(status: number, checked: number, error: number): number {
  if ((status & checked) === 0) return Xsum.unknown
  return (status & error) === 0 ? Xsum.correct : Xsum.incorrect
}

/** A UDP datagram without checksum can be marked wrong (82599 specification update): the stack looks again. */
function l4Verdict(chip: VfChip, type: number, status: number): number {
  const found = verdict(status, RxStatus.l4Checked, chip.errors.l4)
  return found === Xsum.incorrect && (type & RxType.udp) !== 0 ? Xsum.unknown : found
}

import { Queue, SendFlag, SendInfo, SgList, State } from '@npa/plugin-api/guest'
import type { PluginEnv } from '@npa/plugin-api/guest'
import { DESCRIPTOR_WORDS, ETHERNET_BYTES, TxCommand, TxContext, TxInfo } from '../layout/index.js'
import { Tx, txOwn, txRecord } from './private-area.js'
import { after, distance, syncSpan } from './ring-span.js'
import type { VfChip } from './vf-chip.js'

/** Resets a transmit ring: nothing is under way, the context slot is empty. */
export function reinitTxRing(env: PluginEnv, queue: number): number {
  const w = env.window
  const ring = w[txRecord(queue) + Queue.ringOffset] >> 2
  w.fill(0, ring, ring + w[txRecord(queue) + Queue.ringSize] * DESCRIPTOR_WORDS)
  const own = txOwn(w, queue)
  w[own + Tx.next] = 0
  w[own + Tx.clean] = 0
  w[own + Tx.rung] = 0
  w[own + Tx.hasContext] = 0
  return 0
}

/** Places the described frame, whole or not at all. One slot of the ring stays empty: full and empty must differ. */
export function addFrameToTxRing(env: PluginEnv, chip: VfChip, queue: number, last: number): number {
  const w = env.window
  const record = txRecord(queue)
  const own = txOwn(w, queue)
  const size = w[record + Queue.ringSize]
  const ring = w[record + Queue.ringOffset] >> 2
  const list = w[State.sgListOffset] >> 2
  const info = w[State.sendInfoOffset] >> 2
  const elements = w[list + SgList.elements]
  const context0 = contextWord0(w, info)
  const context2 = contextWord2(w, info)
  const fresh = needsContext(w, own, info, context0, context2)
  const free = size - 1 - distance(w[own + Tx.clean], w[own + Tx.next], size)
  if (elements + (fresh ? 1 : 0) > free) {
    ringDoorbell(env, chip, queue)
    return 1
  }
  let at = w[own + Tx.next]
  if (fresh) {
    writeContext(w, ring + at * DESCRIPTOR_WORDS, context0, context2)
    w[own + Tx.hasContext] = 1
    w[own + Tx.context0] = context0
    w[own + Tx.context2] = context2
    at = after(at, size)
  }
  const flags = w[info + SendInfo.flags]
  let command = TxCommand.data | TxCommand.extended | TxCommand.insertFcs
  if ((flags & SendFlag.vlan) !== 0) command |= TxCommand.insertVlan
  let options = TxInfo.checkContext | (w[list + SgList.totalLength] << TxInfo.lengthShift)
  if ((flags & SendFlag.checksum) !== 0) options |= TxInfo.insertL4Checksum
  let element = list + SgList.element
  for (let left = elements; left > 0; left--) {
    const d = ring + at * DESCRIPTOR_WORDS
    const end = left === 1 ? TxCommand.endOfPacket | TxCommand.reportStatus : 0
    w[d] = w[element]
    w[d + 1] = w[element + 1]
    w[d + 2] = command | end | w[element + 2]
    w[d + 3] = options
    element += SgList.elementWords
    at = after(at, size)
  }
  w[own + Tx.next] = at
  if (last !== 0) ringDoorbell(env, chip, queue)
  return 0
}

/** Tells the device of all that was placed since it was told last. */
function ringDoorbell(env: PluginEnv, chip: VfChip, queue: number): void {
  const w = env.window
  const record = txRecord(queue)
  const own = txOwn(w, queue)
  const next = w[own + Tx.next]
  if (next === w[own + Tx.rung]) return
  syncSpan(env.syncForDevice, w[record + Queue.ringOffset], w[record + Queue.ringSize], w[own + Tx.rung], next)
  w[own + Tx.rung] = next
  env.mmioWrite32(chip.txTail + queue * chip.queueStride, next)
}

/** VLAN tag, MACLEN and IPLEN. The chip's switch reads the first two of every frame; frames that are not IP have MACLEN too. */
function contextWord0(w: Int32Array, info: number): number {
  const flags = w[info + SendInfo.flags]
  const tag = (flags & SendFlag.vlan) === 0 ? 0 : w[info + SendInfo.vlanTag] << TxContext.vlanShift
  if ((flags & SendFlag.checksum) === 0) return tag | (ETHERNET_BYTES << TxContext.macLengthShift)
  const ip = w[info + SendInfo.ipHeaderOffset]
  return tag | (ip << TxContext.macLengthShift) | (w[info + SendInfo.l4HeaderOffset] - ip)
}

function contextWord2(w: Int32Array, info: number): number {
  const flags = w[info + SendInfo.flags]
  const l4 = (flags & SendFlag.udp) !== 0 ? TxContext.udp : TxContext.tcp
  return TxCommand.context | TxCommand.extended | l4 | ((flags & SendFlag.ipv4) !== 0 ? TxContext.ipv4 : 0)
}

function isDone(w: Int32Array, descriptor: number): boolean {
  return (Atomics.load(w, descriptor + 3) & TxInfo.done) !== 0
}

/** Whether the context slot must be written for this frame. Without a checksum only tag and MACLEN matter. */
function needsContext(w: Int32Array, own: number, info: number, context0: number, context2: number): boolean {
  if (w[own + Tx.hasContext] === 0) return true
  if ((w[info + SendInfo.flags] & SendFlag.checksum) !== 0) {
    return w[own + Tx.context0] !== context0 || w[own + Tx.context2] !== context2
  }
  return ((w[own + Tx.context0] ^ context0) & TxContext.vlanAndMacLength) !== 0
}

function writeContext(w: Int32Array, d: number, context0: number, context2: number): void {
  w[d] = context0
  w[d + 1] = 0
  w[d + 2] = context2
  w[d + 3] = 0
}

/**
 * Reports the frames that are sent. Only a frame's last descriptor gets DD; the ones before it still are as they were written,
 * without end of packet, so no record of frame lengths is needed. A write-back clears the command before it sets DD: seen in between, a
 * descriptor is passed over, and counted with the next that is done, or the next time.
 */
export function checkTxRing(env: PluginEnv, queue: number): number {
  const w = env.window
  const record = txRecord(queue)
  const own = txOwn(w, queue)
  const size = w[record + Queue.ringSize]
  const ring = w[record + Queue.ringOffset]
  const end = w[own + Tx.rung]
  let at = w[own + Tx.clean]
  syncSpan(env.syncForCpu, ring, size, at, end)
  let frames = 0
  while (at !== end) {
    const d = (ring >> 2) + at * DESCRIPTOR_WORDS
    at = after(at, size)
    if (isDone(w, d)) {
      for (let i = w[own + Tx.clean]; i !== at; i = after(i, size))
        if (isDone(w, (ring >> 2) + i * DESCRIPTOR_WORDS)) frames++
      w[own + Tx.clean] = at
    } else if ((w[d + 2] & TxCommand.endOfPacket) !== 0) break
  }
  if (frames > 0) env.shell.completeSend(w[record + Queue.handle], frames)
  return frames
}

import type { DmaBlock } from '@npa/core'
import { apiCompatible, Queue, RecvFrame, SendInfo, SgList, State, STATE_MAGIC } from '@npa/plugin-api/guest'

/** A plugin window whose state was checked once; nothing of it is read again. Offsets are words. */
export interface PluginWindow {
  readonly block: DmaBlock
  readonly i32: Int32Array
  readonly sendInfo: number
  readonly sgList: number
  readonly recvFrame: number
  /** Descriptors of each transmit queue. */
  readonly txRingSize: readonly number[]
}

/** Largest ring that a window can describe; beyond vmxnet3's own and any known VF's. */
const MAX_RING = 0x10000

/**
 * Checks the state in a window that others laid out: every offset and size must lie inside, since the shell will index with them.
 * Gives the window for `queuePairs` queues of each direction, or says what is wrong.
 */
export function checkWindow(block: DmaBlock, queuePairs: number): PluginWindow | string {
  const { i32, bytes } = block
  const word = (offset: number): number => i32[offset] >>> 0
  const inside = (offset: number, length: number): boolean =>
    offset >= State.words * 4 && offset % 4 === 0 && offset + length <= bytes
  if (bytes < State.words * 4 || word(State.magic) !== STATE_MAGIC) return 'no plugin state in the window'
  const version = word(State.apiVersion)
  if (!apiCompatible(version >>> 16, version & 0xffff)) return `API version ${version >>> 16}.${version & 0xffff}`
  if (word(State.txQueues) !== queuePairs || word(State.rxQueues) !== queuePairs) {
    return `${word(State.txQueues)} and ${word(State.rxQueues)} queues: ${queuePairs} wanted`
  }
  const regions: readonly (readonly [string, number, number])[] = [
    ['shared region', State.sharedOffset, word(State.sharedBytes)],
    ['private area', State.privateOffset, word(State.privateBytes)],
    ['SendInfo', State.sendInfoOffset, SendInfo.words * 4],
    ['SgList', State.sgListOffset, SgList.words * 4],
    ['RecvFrame', State.recvFrameOffset, RecvFrame.words * 4],
  ]
  for (const [name, offset, length] of regions) {
    if (!inside(word(offset), length)) return `${name} lies outside the window`
  }
  const txRingSize: number[] = []
  for (const first of [State.txQueue, State.rxQueue]) {
    for (let i = 0; i < queuePairs; i++) {
      const record = first + i * Queue.words
      const offset = word(record + Queue.ringOffset)
      if (!inside(offset, word(record + Queue.ringBytes))) return `ring of queue ${i} lies outside the window`
      const low = (block.lo >>> 0) + offset
      const high = block.hi + (low > 0xffffffff ? 1 : 0)
      if (word(record + Queue.ringLo) !== low >>> 0 || word(record + Queue.ringHi) !== high >>> 0) {
        return `ring of queue ${i} has an address that is not its own`
      }
      const size = word(record + Queue.ringSize)
      if (size < 1 || size > MAX_RING) return `ring of queue ${i} has ${size} descriptors`
      if (word(record + Queue.interrupt) >= queuePairs) return `queue ${i} has no such interrupt`
      if (first === State.txQueue) txRingSize.push(size)
    }
  }
  const record = (offset: number): number => word(offset) >> 2
  return {
    block,
    i32,
    sendInfo: record(State.sendInfoOffset),
    sgList: record(State.sgListOffset),
    recvFrame: record(State.recvFrameOffset),
    txRingSize,
  }
}

import { MAX_TX_BUFFER, QueueError, TxDesc, TxOffload } from '@npa/vmxnet3-spec'
import { ethernet, Frame, FRAME_WORDS, FrameFlag } from '@npa/wire'
import type { FrameBatch } from '@npa/wire'
import type { Bus } from './bus.js'
import { MAX_FRAME_BYTES } from './chip-memory.js'
import type { TxRing } from './tx-ring.js'

/** Why a chain of descriptors is refused: the counter's name, and the code for `status.error`. */
export interface Refusal {
  readonly counter: string
  readonly code: number
}

type Reason = 'noEop' | 'tooBig' | 'badType' | 'offload' | 'invalid' | 'address'

export const TxRefusal: Readonly<Record<Reason, Refusal>> = {
  /** No end within 16 descriptors. */
  noEop: { counter: 'txErrorNoEop', code: QueueError.noEop },
  tooBig: { counter: 'txErrorTooBig', code: QueueError.tooBig },
  badType: { counter: 'txErrorDescType', code: QueueError.badType },
  /** Encapsulation offload is not done. */
  offload: { counter: 'txErrorOffloadUnsupported', code: QueueError.invalid },
  /** A checksum that is not in the frame, or a frame shorter than an Ethernet header. */
  invalid: { counter: 'txErrorInvalid', code: QueueError.invalid },
  /** A buffer that is not the guest's memory. */
  address: { counter: 'txErrorAddress', code: QueueError.invalid },
}

/**
 * Gathers the frame of `n` descriptors into the device's memory at `at` and appends its record to the batch. Returns why not,
 * or undefined. The bytes are copied once, here.
 */
export function gatherFrame(bus: Bus, ring: TxRing, n: number, at: number, batch: FrameBatch): Refusal | undefined {
  const { i32, dma } = bus
  let bytes = 0
  for (let k = 0; k < n; k++) {
    const word = ring.word(k)
    const w2 = i32[word + 2]
    if ((w2 & TxDesc.descType) !== 0) return TxRefusal.badType
    const length = (w2 & TxDesc.lengthMask) === 0 ? MAX_TX_BUFFER : w2 & TxDesc.lengthMask
    if (bytes + length > MAX_FRAME_BYTES) return TxRefusal.tooBig
    if (!dma.read(i32[word] >>> 0, i32[word + 1] >>> 0, length, at + bytes)) return TxRefusal.address
    bytes += length
  }
  if (bytes < ethernet.HEADER_BYTES) return TxRefusal.invalid
  return describe(i32, ring.word(0), at, bytes, batch)
}

/** Appends the record; what is to be done with the frame stands in its first descriptor. */
function describe(i32: Int32Array, first: number, at: number, bytes: number, batch: FrameBatch): Refusal | undefined {
  const w2 = i32[first + 2]
  const w3 = i32[first + 3]
  const mode = (w3 >>> TxDesc.omShift) & TxDesc.omMask
  const record = batch.n * FRAME_WORDS
  const { words } = batch
  let flags = 0
  if (mode === TxOffload.checksum) {
    const start = w3 & TxDesc.hlenMask
    const field = (w2 >>> TxDesc.msscofShift) & TxDesc.msscofMask
    if (start < ethernet.HEADER_BYTES || field < start || field + 2 > bytes) return TxRefusal.invalid
    flags = FrameFlag.csumWanted
    words[record + Frame.csumStart] = start
    words[record + Frame.csumOffset] = field - start
  } else if (mode !== TxOffload.none) return TxRefusal.offload
  if ((w3 & TxDesc.ti) !== 0) {
    flags |= FrameFlag.vlan
    words[record + Frame.vlan] = w3 >>> TxDesc.tciShift
  }
  words[record + Frame.address] = at
  words[record + Frame.length] = bytes
  words[record + Frame.flags] = flags
  batch.n++
  return undefined
}

import { COPY_ENTRY_BYTES, CopyKernels } from '@npa/ring-datapath'
import { processorSeconds } from '../measure/processor-time.js'

/** Both ends, in the cache. */
const SET = 128 << 10
const LIST = 2 * SET
/** Copies between two looks at the clock. */
const LOOK = 256
export const COPY_BATCH = 32

/** A way to copy frames of one length, one after the other, through both ends. */
export interface Copying {
  readonly variant: string
  readonly batch: number
  /** Copies the next `LOOK` frames. */
  readonly round: () => void
}

/** All the ways, over the same memory. */
export function copyings(bytes: number): Copying[] {
  const memory = new WebAssembly.Memory({ initial: 5, maximum: 5, shared: true })
  const u8 = new Uint8Array(memory.buffer)
  const i32 = new Int32Array(memory.buffer)
  u8.fill(7, 0, SET)
  const { copy, copyEach, copySumEach } = new CopyKernels(memory)
  const stride = (bytes + 63) & ~63
  const slots = Math.floor(SET / stride)
  let slot = 0

  function each(kernel: (list: number, count: number) => void): () => void {
    return () => {
      for (let n = 0; n < LOOK; n += COPY_BATCH) {
        for (let k = 0; k < COPY_BATCH; k++) {
          const entry = (LIST + k * COPY_ENTRY_BYTES) >> 2
          i32[entry] = SET + slot * stride
          i32[entry + 1] = slot * stride
          i32[entry + 2] = bytes
          i32[entry + 3] = 0
          if (++slot === slots) slot = 0
        }
        kernel(LIST, COPY_BATCH)
      }
    }
  }

  return [
    {
      variant: 'set(subarray)',
      batch: 1,
      round() {
        for (let n = 0; n < LOOK; n++) {
          const from = slot * stride
          u8.set(u8.subarray(from, from + bytes), SET + from)
          if (++slot === slots) slot = 0
        }
      },
    },
    {
      variant: 'WebAssembly',
      batch: 1,
      round() {
        for (let n = 0; n < LOOK; n++) {
          copy(SET + slot * stride, slot * stride, bytes)
          if (++slot === slots) slot = 0
        }
      },
    },
    { variant: 'WebAssembly, a call for 32', batch: COPY_BATCH, round: each(copyEach) },
    { variant: 'WebAssembly with checksum, a call for 32', batch: COPY_BATCH, round: each(copySumEach) },
  ]
}

/** Rounds of so many operations for about so long: operations a second of processor time. */
export function perSecond(round: () => void, operations: number, seconds: number): number {
  const begin = processorSeconds()
  let now = begin
  let count = 0
  while (now - begin < seconds) {
    for (let i = 0; i < 16; i++) round()
    count += 16 * operations
    now = processorSeconds()
  }
  return count / (now - begin)
}

/** Frames of a round. */
export const FRAMES_A_ROUND: number = LOOK

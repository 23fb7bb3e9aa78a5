import { MODULE } from './copy-module.js'

let compiled: WebAssembly.Module | undefined

/** Bytes of an entry of a list for `copyEach` and `copySumEach`: four words {to, from, bytes, sum}. */
export const COPY_ENTRY_BYTES = 16
/** Bytes of a segment of `gather` and `scatter`: two words {offset in the window, bytes}. */
export const SEGMENT_BYTES = 8
/** Bytes of the state of `drain`: four words {place in the buffer, frames, bytes, refused}. */
export const DRAIN_STATE_BYTES = 16

/**
 * Copies within one shared `WebAssembly.Memory`, a call for one or a call for a batch. All places are byte addresses in that memory; `to`
 * and `from` of a copy must not overlap. Lists and descriptors are words at addresses that are multiples of 4.
 *
 * Addresses are the caller's: one outside the memory throws a `WebAssembly.RuntimeError`, and what was copied before it stays. What comes from
 * others is only the content of `gather`'s and `scatter`'s lists and of `drain`'s descriptors: these are held against a window,
 * each word read once.
 */
export class CopyKernels {
  /** Copies `bytes` bytes. */
  readonly copy: (to: number, from: number, bytes: number) => void
  /** The copies of a list of `count` entries. */
  readonly copyEach: (list: number, count: number) => void
  /**
   * Copies, and adds what it copies to `sum` as the Internet checksum does (RFC 1071), as 16-bit words in memory order, an odd byte
   * last as the low half of one. The sum folded to 16 bits, not inverted; it can be handed on as long as the parts are even.
   */
  readonly copySum: (to: number, from: number, bytes: number, sum: number) => number
  /** The same for a list of `count` entries: each sum goes on from the entry's fourth word and is put there. */
  readonly copySumEach: (list: number, count: number) => void
  /** Segments of a window into one place with `room` bytes. Bytes copied, or -1 when one leaves the window or there is no room for it. */
  readonly gather: (
    list: number,
    count: number,
    window: number,
    windowBytes: number,
    to: number,
    room: number,
  ) => number
  /** `bytes` bytes of one place into the segments, in order. Segments used, or -1 when one leaves the window or they are too few. */
  readonly scatter: (
    list: number,
    count: number,
    window: number,
    windowBytes: number,
    from: number,
    bytes: number,
  ) => number
  /**
   * A device's batch: `count` descriptors from `index` on of a ring of `mask` + 1, four words each as in the 82599's legacy layout
   * (datasheet, 7.2.3.2.2): offset in the window, 0, length with the command in the high byte (EOP bit 24, RS bit 27), status. Frames go to the buffer one
   * after the other, 64 bytes aligned, from its start again when the rest is too short; it has room for 65535 bytes at least. A
   * descriptor without EOP, or outside the window, is counted as refused. DD, bit 0, is written back where RS asks for it; the first
   * of the batch last, with an ordered store.
   */
  readonly drain: (
    ring: number,
    mask: number,
    index: number,
    count: number,
    window: number,
    windowBytes: number,
    buffer: number,
    bufferBytes: number,
    state: number,
  ) => void

  /** Throws a `WebAssembly.LinkError` when the memory is not shared. */
  constructor(memory: WebAssembly.Memory) {
    compiled ??= new WebAssembly.Module(MODULE)
    const { exports } = new WebAssembly.Instance(compiled, { copy: { memory } })
    this.copy = exports['copy'] as CopyKernels['copy']
    this.copyEach = exports['copyEach'] as CopyKernels['copyEach']
    this.copySum = exports['copySum'] as CopyKernels['copySum']
    this.copySumEach = exports['copySumEach'] as CopyKernels['copySumEach']
    this.gather = exports['gather'] as CopyKernels['gather']
    this.scatter = exports['scatter'] as CopyKernels['scatter']
    this.drain = exports['drain'] as CopyKernels['drain']
  }
}

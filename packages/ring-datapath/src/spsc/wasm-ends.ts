import { HEAD, Header, HEADER_WORDS, TAIL } from './layout.js'
import { MODULE } from './ring-module.js'
import { SpscRing } from './ring.js'

type Call = (count: number) => number
type Move = (at: number, count: number) => number

let compiled: WebAssembly.Module | undefined

/** An instance that is one end of a ring: it has the end's index, out of reach of whoever shares the memory. */
function instance(memory: WebAssembly.Memory, at: number, ring: SpscRing, producer: boolean): WebAssembly.Exports {
  compiled ??= new WebAssembly.Module(MODULE)
  const own = producer ? TAIL : HEAD
  const first = Atomics.load(ring.words, own)
  const imports = {
    memory,
    records: at + HEADER_WORDS * 4,
    capacity: ring.capacity,
    bytes: ring.recordWords * 4,
    own: at + own * 4,
    other: at + (producer ? HEAD : TAIL) * 4,
    first,
    seen: producer ? (first - ring.capacity) | 0 : first,
  }
  return new WebAssembly.Instance(compiled, { ring: imports }).exports
}

/** WebAssembly gives addresses with a sign: beyond 2 GiB it has to go. */
function slotOf(exports: WebAssembly.Exports, end: number): Call {
  const slot = exports['slot'] as Call
  return end > 2 ** 31 ? (ahead) => slot(ahead) >>> 0 : slot
}

function attach(memory: WebAssembly.Memory, at: number): SpscRing {
  return SpscRing.attach(memory.buffer as SharedArrayBuffer, at)
}

/**
 * The writing end of an `SpscRing` that stands in a shared `WebAssembly.Memory`, for records that stand in it too. Other modules import
 * `exports` (`reserve`, `slot`, `advance`, `push`) and write a batch without a call into JavaScript. The other end may be any.
 */
export class WasmProducer {
  /** First byte of the first record, and the one after the last. */
  readonly begin: number
  readonly end: number
  /** The same functions, to be imported by another module. */
  readonly exports: WebAssembly.Exports
  /** How many records, `wanted` at most, there is room for now; never more than the ring holds. */
  readonly reserve: Call
  /** Address of the record `ahead` places after the next one to be written; after the one before `end` comes the one at `begin`. */
  readonly slot: Call
  /** Hands over the next `count` records, which `reserve` has granted and the caller has written. */
  readonly commit: (count: number) => void
  /** Copies as many of `count` records as there is room for, from address `from` on, outside the ring. Records taken. */
  readonly burst: Move
  readonly #words: Int32Array

  /**
   * For the ring that was made at this place. Throws a `RingFormatError` when there is none that could be one, a `TypeError` when the memory is
   * not shared.
   */
  constructor(memory: WebAssembly.Memory, at: number) {
    const ring = attach(memory, at)
    this.#words = ring.words
    this.begin = at + HEADER_WORDS * 4
    this.end = this.begin + ring.capacity * ring.recordWords * 4
    this.exports = instance(memory, at, ring, true)
    this.reserve = this.exports['reserve'] as Call
    this.slot = slotOf(this.exports, this.end)
    this.commit = this.exports['advance'] as (count: number) => void
    this.burst = this.exports['push'] as Move
  }

  /** Copies all `count` records or none, then it returns false; always for more than the ring holds. */
  bulk(from: number, count: number): boolean {
    return this.reserve(count) === count && this.burst(from, count) === count
  }

  /** Copies what there is room for, and counts the rest as dropped. Records taken. */
  offer(from: number, count: number): number {
    const taken = this.burst(from, count)
    if (taken < count) Atomics.add(this.#words, Header.dropped, count - taken)
    return taken
  }

  /** No more records will come; those that are in the ring can still be read. */
  close(): void {
    Atomics.store(this.#words, Header.closed, 1)
  }

  /** Whether the consumer has gone: nothing that is written will be read. */
  get abandoned(): boolean {
    return Atomics.load(this.#words, Header.left) === 1
  }
}

/** The reading end of an `SpscRing` that stands in a shared `WebAssembly.Memory`; as `WasmProducer`. */
export class WasmConsumer {
  readonly begin: number
  readonly end: number
  readonly exports: WebAssembly.Exports
  /** How many records, `wanted` at most, can be read now. */
  readonly peek: Call
  /** Address of the record `ahead` places after the oldest. */
  readonly slot: Call
  /** Gives back the room of the oldest `count` records, which `peek` has shown. */
  readonly release: (count: number) => void
  /** Copies up to `count` records to address `to` on, outside the ring, and releases them. Records taken. */
  readonly burst: Move
  readonly #words: Int32Array

  /**
   * For the ring that was made at this place. Throws a `RingFormatError` when there is none that could be one, a `TypeError` when the memory is
   * not shared.
   */
  constructor(memory: WebAssembly.Memory, at: number) {
    const ring = attach(memory, at)
    this.#words = ring.words
    this.begin = at + HEADER_WORDS * 4
    this.end = this.begin + ring.capacity * ring.recordWords * 4
    this.exports = instance(memory, at, ring, false)
    this.peek = this.exports['peek'] as Call
    this.slot = slotOf(this.exports, this.end)
    this.release = this.exports['advance'] as (count: number) => void
    this.burst = this.exports['pop'] as Move
  }

  /** Whether the producer has closed the ring and every record of it was read. */
  get ended(): boolean {
    return Atomics.load(this.#words, Header.closed) === 1 && this.peek(1) === 0
  }

  /** Records that the producer could not put into the ring, modulo 2^32. */
  get dropped(): number {
    return Atomics.load(this.#words, Header.dropped) >>> 0
  }

  /** Tells the producer that nobody reads any more. */
  leave(): void {
    Atomics.store(this.#words, Header.left, 1)
  }
}

import { HEAD, TAIL } from '../spsc/layout.js'
import { SpscRing, WasmConsumer, WasmProducer } from '../index.js'
import type { RingShape } from '../index.js'

/** What tests ask of a writing end, whichever it is; records are given as words. */
export interface WritingEnd {
  reserve(wanted: number): number
  /** Writes the record `ahead` places after the next one, in place. */
  write(ahead: number, record: Int32Array): void
  commit(count: number): void
  burst(records: Int32Array, count: number): number
  bulk(records: Int32Array, count: number): boolean
  offer(records: Int32Array, count: number): number
  /** Byte offset of a record from the ring's. */
  slotByte(ahead: number): number
  close(): void
  readonly abandoned: boolean
}

/** What tests ask of a reading end. */
export interface ReadingEnd {
  peek(wanted: number): number
  read(ahead: number): number[]
  release(count: number): void
  burst(target: Int32Array, count: number): number
  slotByte(ahead: number): number
  leave(): void
  readonly ended: boolean
  readonly dropped: number
}

/** A ring in a shared WebAssembly memory, with room for the records of wasm ends before it. */
export interface MadeRing {
  readonly memory: WebAssembly.Memory
  readonly ring: SpscRing
}

const AT = 65536

/** Makes a ring, both indices at `index` as after many records. */
export function makeRing(shape: RingShape, index = 0): MadeRing {
  const pages = 1 + Math.ceil(SpscRing.bytes(shape) / 65536)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  const ring = SpscRing.create(memory.buffer as SharedArrayBuffer, AT, shape)
  ring.words[TAIL] = index
  ring.words[HEAD] = index
  return { memory, ring }
}

export type Language = 'JavaScript' | 'WebAssembly'

export function writingEnd({ memory, ring }: MadeRing, language: Language): WritingEnd {
  const { recordWords } = ring
  if (language === 'JavaScript') {
    const end = ring.producer()
    return {
      reserve: (wanted) => end.reserve(wanted),
      write: (ahead, record) => end.words.set(record, end.slot(ahead)),
      commit: (count) => end.commit(count),
      burst: (records, count) => end.burst(records, 0, count),
      bulk: (records, count) => end.bulk(records, 0, count),
      offer: (records, count) => end.offer(records, 0, count),
      slotByte: (ahead) => end.slot(ahead) * 4,
      close: () => end.close(),
      get abandoned() {
        return end.abandoned
      },
    }
  }
  const end = new WasmProducer(memory, AT)
  const i32 = new Int32Array(memory.buffer)
  const staged = (records: Int32Array): number => {
    i32.set(records.subarray(0, 16 * recordWords))
    return 0
  }
  return {
    reserve: end.reserve,
    write: (ahead, record) => i32.set(record, end.slot(ahead) / 4),
    commit: end.commit,
    burst: (records, count) => end.burst(staged(records), count),
    bulk: (records, count) => end.bulk(staged(records), count),
    offer: (records, count) => end.offer(staged(records), count),
    slotByte: (ahead) => end.slot(ahead) - AT,
    close: () => end.close(),
    get abandoned() {
      return end.abandoned
    },
  }
}

export function readingEnd({ memory, ring }: MadeRing, language: Language): ReadingEnd {
  const { recordWords } = ring
  if (language === 'JavaScript') {
    const end = ring.consumer()
    return {
      peek: (wanted) => end.peek(wanted),
      read: (ahead) => Array.from({ length: recordWords }, (_, k) => end.words[end.slot(ahead) + k]),
      release: (count) => end.release(count),
      burst: (target, count) => end.burst(target, 0, count),
      slotByte: (ahead) => end.slot(ahead) * 4,
      leave: () => end.leave(),
      get ended() {
        return end.ended
      },
      get dropped() {
        return end.dropped
      },
    }
  }
  const end = new WasmConsumer(memory, AT)
  const i32 = new Int32Array(memory.buffer)
  return {
    peek: end.peek,
    read: (ahead) => Array.from({ length: recordWords }, (_, k) => i32[end.slot(ahead) / 4 + k]),
    release: end.release,
    burst: (target, count) => {
      const taken = end.burst(0, count)
      for (let k = 0; k < taken * recordWords; k++) target[k] = i32[k]
      return taken
    },
    slotByte: (ahead) => end.slot(ahead) - AT,
    leave: () => end.leave(),
    get ended() {
      return end.ended
    },
    get dropped() {
      return end.dropped
    },
  }
}

import { Doorbell, SpscRing, WasmConsumer, WasmProducer } from '../index.js'
import type { Language } from './ends.js'

/** Where the stress test's memory has what. */
export const Place = { filled: 0, freed: 64, ring: 128 } as const

const RECORD_WORDS = 8

/** What a thread of the stress test is told. */
export interface StressPlan {
  readonly memory: WebAssembly.Memory
  readonly role: 'producer' | 'consumer'
  readonly language: Language
  readonly records: number
  /** Looks of a doorbell before it sleeps. */
  readonly spins: number
  readonly seed: number
}

/** How it went: the number of records, or what was wrong with one. */
export type StressOutcome = { readonly done: number } | { readonly wrong: string }

/** Memory with a ring of this capacity and the doorbells. */
export function stressMemory(capacity: number): WebAssembly.Memory {
  const shape = { capacity, recordWords: RECORD_WORDS }
  const pages = Math.ceil((Place.ring + SpscRing.bytes(shape)) / 65536)
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  SpscRing.create(memory.buffer as SharedArrayBuffer, Place.ring, shape)
  return memory
}

/** xorshift32: batches of every size. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

/** One thread's part: numbered records with a checksum, in batches of random size, until all have gone through. */
export function stress(plan: StressPlan): StressOutcome {
  return plan.role === 'producer' ? produce(plan) : consume(plan)
}

function bells({ memory, spins }: StressPlan): { filled: Doorbell; freed: Doorbell } {
  const buffer = memory.buffer as SharedArrayBuffer
  return {
    filled: new Doorbell(buffer, Place.filled, { spins }),
    freed: new Doorbell(buffer, Place.freed, { spins }),
  }
}

function produce(plan: StressPlan): StressOutcome {
  const { memory, language, records, seed } = plan
  const { filled, freed } = bells(plan)
  const random = randomFrom(seed)
  const words = new Int32Array(memory.buffer)
  const wasm = language === 'WebAssembly'
  const producer = wasm
    ? new WasmProducer(memory, Place.ring)
    : SpscRing.attach(memory.buffer as SharedArrayBuffer, Place.ring).producer()
  const room = (): boolean => producer.reserve(1) > 0
  for (let next = 0; next < records;) {
    freed.until(room)
    const count = producer.reserve(Math.min(1 + random(100), records - next))
    for (let i = 0; i < count; i++) {
      // in bytes of the memory there, in words of the ring here
      const slot = wasm ? producer.slot(i) / 4 : Place.ring / 4 + producer.slot(i)
      let sum = next + i
      words[slot] = next + i
      for (let k = 1; k < RECORD_WORDS - 1; k++) {
        const word = Math.imul(next + i + k, 0x9e3779b1)
        words[slot + k] = word
        sum = (sum + word) | 0
      }
      words[slot + RECORD_WORDS - 1] = sum
    }
    producer.commit(count)
    next += count
    filled.ring()
  }
  producer.close()
  filled.ring()
  return { done: records }
}

function consume(plan: StressPlan): StressOutcome {
  const { filled } = bells(plan)
  const check = new StressConsumer(plan)
  while (!check.over) {
    filled.until(() => check.ready)
    check.take()
  }
  return check.outcome
}

/** The reading thread's work, a batch at a time, for threads that may block and threads that may not. */
export class StressConsumer {
  readonly #words: Int32Array
  readonly #consumer: WasmConsumer | ReturnType<SpscRing['consumer']>
  readonly #wasm: boolean
  readonly #freed: Doorbell
  readonly #random: (below: number) => number
  #next = 0
  #wrong: string | undefined

  constructor(plan: StressPlan) {
    const { memory, language, seed } = plan
    this.#words = new Int32Array(memory.buffer)
    this.#wasm = language === 'WebAssembly'
    this.#consumer = this.#wasm
      ? new WasmConsumer(memory, Place.ring)
      : SpscRing.attach(memory.buffer as SharedArrayBuffer, Place.ring).consumer()
    this.#freed = bells(plan).freed
    this.#random = randomFrom(seed)
  }

  get ready(): boolean {
    return this.#consumer.peek(1) > 0 || this.#consumer.ended
  }

  get over(): boolean {
    return this.#wrong !== undefined || this.#consumer.ended
  }

  get outcome(): StressOutcome {
    return this.#wrong === undefined ? { done: this.#next } : { wrong: this.#wrong }
  }

  take(): void {
    const words = this.#words
    const count = this.#consumer.peek(1 + this.#random(100))
    for (let i = 0; i < count; i++) {
      const slot = this.#wasm ? this.#consumer.slot(i) / 4 : Place.ring / 4 + this.#consumer.slot(i)
      let sum = 0
      for (let k = 0; k < RECORD_WORDS - 1; k++) sum = (sum + words[slot + k]) | 0
      if (words[slot] !== this.#next + i || words[slot + RECORD_WORDS - 1] !== sum)
        this.#wrong ??= `record ${this.#next + i} says that it is ${words[slot]}`
    }
    this.#consumer.release(count)
    this.#next += count
    this.#freed.ring()
  }
}

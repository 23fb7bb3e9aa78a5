import { MessageChannel, Worker } from 'node:worker_threads'
import { SpscRing } from '@npa/ring-datapath'
import { RingBuffer } from 'ringbuf.js'
import { pin } from './pin.js'
import { CAPACITY, PAGES, Place } from './plan.js'
import type { Pairing, PairPlan, ThreadPlan } from './plan.js'

/** Two threads with rings between them, asleep between turns. */
export class Pair {
  /** Whether each thread has a processor of its own. */
  pinned = false
  readonly #threads: readonly Worker[]

  private constructor(threads: readonly Worker[]) {
    this.#threads = threads
  }

  static async open(pairing: Pairing, batch: number, bytes: number): Promise<Pair> {
    const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES, shared: true })
    const shape = { capacity: CAPACITY, recordWords: bytes / 4 }
    SpscRing.create(memory.buffer as SharedArrayBuffer, Place.there, shape)
    SpscRing.create(memory.buffer as SharedArrayBuffer, Place.back, shape)
    const storage = RingBuffer.getStorageForCapacity(CAPACITY * (bytes / 4), Uint32Array)
    const plan: PairPlan = { pairing, batch, bytes, memory, storage }
    const { port1, port2 } = new MessageChannel()
    const threads = ([port1, port2] as const).map((port, i) => {
      const workerData: ThreadPlan = { ...plan, role: i === 0 ? 0 : 1, port }
      return new Worker(new URL('./thread.js', import.meta.url), { workerData, transferList: [port] })
    })
    const pair = new Pair(threads)
    const ids = await pair.#answers()
    pair.pinned = ids.every((id) => id !== undefined) && pin(ids)
    return pair
  }

  /** Records or hand-overs a second, median of the slices that fit into the time. */
  async turn(seconds: number): Promise<number> {
    const answers = this.#answers()
    for (const thread of this.#threads) thread.postMessage(seconds)
    return (await answers)[1] ?? 0
  }

  /** What each thread says next. */
  async #answers(): Promise<(number | undefined)[]> {
    const answers = this.#threads.map(
      (thread) =>
        new Promise<number | undefined>((resolve, reject) => {
          thread.once('message', resolve)
          thread.once('error', reject)
        }),
    )
    const said = await Promise.all(answers)
    for (const thread of this.#threads) thread.removeAllListeners('error')
    return said
  }

  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.terminate()))
  }
}

// The page: workers do what may block; the page's own thread waits at a doorbell without blocking.
import { Doorbell } from '../../index.js'
import { Place, StressConsumer, stressMemory } from '../stress.js'
import type { StressOutcome, StressPlan } from '../stress.js'
import type { Outcome } from './vitest.js'
import { answer, startWorker } from './web.js'

type Timers = { setTimeout: (fire: () => void, ms: number) => void }
const { setTimeout } = globalThis as unknown as Timers
const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms)
  })

function thread(plan: StressPlan): Promise<StressOutcome> {
  const worker = startWorker('stress.js')
  worker.postMessage(plan)
  return answer(worker)
}

/** What the test may ask of the page. */
export const page = {
  isolated: (): boolean => (globalThis as unknown as { crossOriginIsolated: boolean }).crossOriginIsolated,

  suite: (): Promise<Outcome[]> => answer(startWorker('suite.js')),

  /** Two workers. */
  threads(records: number): Promise<StressOutcome[]> {
    const plan = { memory: stressMemory(64), records, spins: 0 }
    return Promise.all([
      thread({ ...plan, role: 'consumer', language: 'WebAssembly', seed: 7 }),
      thread({ ...plan, role: 'producer', language: 'JavaScript', seed: 11 }),
    ])
  },

  /** A worker writes, the page reads; `Atomics.waitAsync` taken away if so wanted. */
  async main(records: number, waitAsync: boolean): Promise<StressOutcome[]> {
    if (!waitAsync) delete (Atomics as { waitAsync?: unknown }).waitAsync
    const plan: StressPlan = {
      memory: stressMemory(64),
      records,
      spins: 0,
      role: 'producer',
      language: 'JavaScript',
      seed: 11,
    }
    const other = thread(plan)
    const consumer = new StressConsumer({ ...plan, role: 'consumer', seed: 7 })
    const filled = new Doorbell(plan.memory.buffer as SharedArrayBuffer, Place.filled, { sleep })
    while (!consumer.over) {
      await filled.untilAsync(() => consumer.ready)
      consumer.take()
    }
    return [consumer.outcome, await other]
  },

  /** What happens to a thread that must not block when it tries to. */
  blocking(): string {
    const bell = new Doorbell(new SharedArrayBuffer(8), 0)
    try {
      bell.until(() => false, 1)
      return 'it waited'
    } catch (error) {
      return (error as Error).name
    }
  },
}

Object.assign(globalThis, { page })

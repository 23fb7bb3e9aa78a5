import { Worker } from 'node:worker_threads'
import { beforeAll, expect, test } from 'vitest'
import { bundled } from './testing/bundle.js'
import type { Language } from './testing/ends.js'
import { stressMemory } from './testing/stress.js'
import type { StressPlan } from './testing/stress.js'

/** More on demand. */
const RECORDS = Number(process.env['NPA_RING_RECORDS'] ?? 10_000_000)

let script = ''

beforeAll(async () => {
  script = await bundled('stress-worker.ts', 'node')
})

function outcome(plan: StressPlan): Promise<unknown> {
  const worker = new Worker(script, { eval: true, workerData: plan })
  return new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', (code) => reject(new Error(`a worker ended with ${code} and said nothing`)))
  })
}

// A small ring makes the threads sleep and wake for nearly every record.
const runs: readonly { capacity: number; share: number; spins: number; producer: Language; consumer: Language }[] = [
  { capacity: 2, share: 0.01, spins: 0, producer: 'JavaScript', consumer: 'JavaScript' },
  { capacity: 64, share: 0.39, spins: 0, producer: 'JavaScript', consumer: 'JavaScript' },
  { capacity: 1024, share: 0.4, spins: 500, producer: 'JavaScript', consumer: 'JavaScript' },
  { capacity: 256, share: 0.1, spins: 500, producer: 'WebAssembly', consumer: 'JavaScript' },
  { capacity: 256, share: 0.1, spins: 500, producer: 'JavaScript', consumer: 'WebAssembly' },
]

test.each(runs)(
  'numbered records with checksums between two threads: %j',
  async ({ capacity, share, spins, producer, consumer }) => {
    const memory = stressMemory(capacity)
    const records = Math.ceil(RECORDS * share)
    const said = await Promise.all([
      outcome({ memory, records, spins, role: 'consumer', language: consumer, seed: 7 }),
      outcome({ memory, records, spins, role: 'producer', language: producer, seed: 11 }),
    ])
    expect(said).toEqual([{ done: records }, { done: records }])
  },
  Math.max(300_000, RECORDS / 10),
)

import { Worker } from 'node:worker_threads'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { beforeAll, expect, test } from 'vitest'
import { Doorbell, Ring } from './index.js'
import { Place, RECORD_WORDS } from './testing/stress-plan.js'
import type { StressPlan } from './testing/stress-plan.js'

/** More on demand. */
const RECORDS = Number(process.env['NPA_RING_RECORDS'] ?? 10_000_000)

let script = ''

beforeAll(async () => {
  const input = fileURLToPath(new URL('testing/stress-worker.ts', import.meta.url))
  const build = await rolldown({ input, platform: 'node', logLevel: 'warn' })
  const { output } = await build.generate({ format: 'cjs' })
  await build.close()
  script = output[0].code
})

function outcome(plan: StressPlan): Promise<unknown> {
  const worker = new Worker(script, { eval: true, workerData: plan })
  return new Promise((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', (code) => reject(new Error(`a worker ended with ${code} and said nothing`)))
  })
}

test.each([2, 64, 1024])(
  '%d records between two threads that sleep when they must',
  async (capacity) => {
    const shape = { capacity, recordWords: RECORD_WORDS }
    const buffer = new SharedArrayBuffer(Place.ring + Ring.bytes(shape))
    Ring.create(buffer, Place.ring, shape)
    // A small ring makes the threads sleep and wake for nearly every record.
    const records = capacity === 2 ? RECORDS / 100 : RECORDS / 2
    const plan = { buffer, records }
    const said = await Promise.all([
      outcome({ ...plan, role: 'consumer', seed: 7 }),
      outcome({ ...plan, role: 'producer', seed: 11 }),
    ])
    expect(said).toEqual([{ done: records }, { done: records }])
  },
  300_000,
)

test('a bell that rings between the ticket and the wait is not lost, one that rings before is not heard', async () => {
  const bell = new Doorbell(new SharedArrayBuffer(64), 0)
  bell.ring()
  const ticket = bell.prepare()
  bell.ring()
  expect(bell.wait(ticket, 60_000)).toBe(true)
  expect(bell.wait(bell.prepare(), 1)).toBe(false)
  const second = bell.prepare()
  const woken = bell.waitAsync(second, 60_000)
  bell.ring()
  expect(await woken).toBe(true)
  expect(await bell.waitAsync(bell.prepare(), 1)).toBe(false)
})

test('who rings while nobody waits changes nothing, so that it costs a load', () => {
  const buffer = new SharedArrayBuffer(8)
  const bell = new Doorbell(buffer, 0)
  bell.ring()
  expect([...new Int32Array(buffer)]).toEqual([0, 0])
  bell.prepare()
  bell.cancel()
  bell.ring()
  expect([...new Int32Array(buffer)]).toEqual([0, 0])
})

import { existsSync, readdirSync } from 'node:fs'
import { randomStream } from '@npa/core'
import { beforeAll, expect, test } from 'vitest'
import { B, A, ThreadBench, VICTIM } from './testing/bench.js'
import { bundledWorker } from './testing/worker-script.js'
import type { StartWorker } from './crew.js'

/** How often: 100 on demand. */
const KILLS = Number(process.env['NPA_KILLS'] ?? 6)
const SEED = Number(process.env['NPA_SEED'] ?? 1)

let startWorker: StartWorker

beforeAll(async () => {
  startWorker = await bundledWorker()
})

/** File descriptors of this process, where the system tells. */
function descriptors(): number {
  const folder = '/proc/self/fd'
  return existsSync(folder) ? readdirSync(folder).length : 0
}

/** Turns of the event loop. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => void setImmediate(resolve))
}

test(
  'a guest whose thread is killed at a random instant disturbs no other guest, and its host gets everything back',
  async () => {
    const bench = await ThreadBench.start(startWorker)
    try {
      const { hosts, guests } = bench.crew
      const { slot, host } = bench.guests[VICTIM]
      const modes: (string | undefined)[] = []
      let books: unknown
      const open: number[] = []
      for (let kill = 0; kill < KILLS; kill++) {
        const random = randomStream(SEED, `kill ${kill}`)
        await bench.stream(VICTIM)
        await bench.sendsMore(VICTIM, 1 + random.below(200))
        // emulated, on the way in, in passthrough, on the way out
        const stage = kill % 4
        if (stage > 0) await bench.ask(VICTIM, 'passthrough')
        if (stage > 1) {
          await bench.until(() => bench.mode(VICTIM) === 'passthrough')
          await bench.sendsMore(VICTIM, 1 + random.below(200))
        }
        if (stage > 2) await bench.ask(VICTIM, 'emulated')
        await turns(random.below(40))
        modes.push((await bench.live(hosts[host].call('where', slot))).mode)
        expect(await bench.kill()).toEqual({})
        const now = await bench.live(hosts[host].call('books'))
        books ??= now
        expect(now, `after kill ${kill}`).toEqual(books)
        // the others go on
        await bench.sendsMore(A, 100)
        await bench.sendsMore(B, 100)
        await bench.revive()
        open.push(descriptors())
      }
      expect(open.at(-1)).toBe(open[0])
      const { counts, lost, findings } = await bench.end()
      expect(findings).toEqual([])
      expect(counts).toMatchObject({ duplicated: 0, reordered: 0, foreign: 0 })
      expect([counts.delivered, lost]).toEqual([counts.sent, 0])
      expect(counts.sent).toBeGreaterThan(KILLS * 200)
      expect(new Set(modes).size).toBeGreaterThan(1)
      expect(guests).toHaveLength(3)
    } finally {
      await bench.crew.end()
    }
  },
  60_000 + KILLS * 60_000,
)

test('one thread that dies is one error, and all others end', async () => {
  const bench = await ThreadBench.start(startWorker)
  const ended = bench.crew.members.map(({ worker }) => new Promise((resolve) => void worker.once('exit', resolve)))
  await bench.crew.hosts[1].worker.terminate()
  await expect(bench.crew.failure).rejects.toThrow('the thread of host-b ended with code 1 before the run did')
  await Promise.all(ended)
}, 120_000)

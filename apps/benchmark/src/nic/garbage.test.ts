import { PerformanceObserver } from 'node:perf_hooks'
import { expect, test } from 'vitest'
import { TrafficLoop } from './traffic.js'

/** Rounds of N frames, and before measuring: what is compiled late allocates. */
const ROUNDS = 300
const WARM = 1500

/** What a run of the loop left: collections, and bytes of the heap. */
interface Garbage {
  readonly collections: number
  readonly bytes: number
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

async function garbage(loop: TrafficLoop, rounds: number): Promise<Garbage> {
  let collections = 0
  const observer = new PerformanceObserver((list) => (collections += list.getEntries().length))
  // What was collected before is told before.
  await turn()
  observer.observe({ entryTypes: ['gc'] })
  const before = process.memoryUsage().heapUsed
  for (let i = 0; i < rounds; i++) loop.round()
  const bytes = process.memoryUsage().heapUsed - before
  await turn()
  await turn()
  observer.disconnect()
  return { collections, bytes }
}

test.each([
  { vfs: 2, active: 2, to: 'vf', bytes: 64 },
  { vfs: 1, active: 1, to: 'wire', bytes: 64 },
  { vfs: 2, active: 2, to: 'vf', bytes: 16384, mss: 1460 },
] as const)('frames leave no garbage: as many collections for N as for 10 N, $to $bytes', async (traffic) => {
  const loop = new TrafficLoop(traffic)
  await garbage(loop, WARM)
  const few = await garbage(loop, ROUNDS)
  const before = loop.arrived
  const many = await garbage(loop, 10 * ROUNDS)
  expect(many.collections).toBe(few.collections)
  // Nor is it only too little to be collected yet.
  expect(many.bytes / (loop.arrived - before)).toBeLessThan(1)
})

import { expect, test } from 'vitest'
import { runClock } from './run-clock.js'

test('a thread that loses its processor while it sets its clock has the time of the others all the same', () => {
  let ns = 1_000_000_000n
  let reads = 0
  const clocks = {
    sharedNs: () => ns,
    ownMs: () => {
      // all but one of the readings are interrupted, for longer and longer
      if (reads++ !== 5) ns += BigInt(reads) * 3_000_000n
      return Number(ns - 400_000_000n) / 1e6
    },
  }
  const now = runClock(900_000_000n, clocks)
  const read = now()
  expect(read).toBe(Number(ns - 900_000_000n))
})

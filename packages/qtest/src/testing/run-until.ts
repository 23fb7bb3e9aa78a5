import type { VirtualScheduler } from '@npa/core'
import type { QtestPlatform } from '../qtest-platform.js'

/** Generous: it passes only when something is broken. */
const LIMIT_MS = 30_000

/** Turns the event loop until `done` holds; an `Error` that names `what` when it never does. */
export async function until(done: () => boolean, what: string): Promise<void> {
  const limit = performance.now() + LIMIT_MS
  while (!done()) {
    if (performance.now() > limit) throw new Error(`waited in vain for ${what}`)
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** The same while the platform's interrupts and pollers run, and its clock follows the real one. */
export async function runUntil(
  platform: QtestPlatform,
  clock: VirtualScheduler,
  done: () => boolean,
  what: string,
): Promise<void> {
  const start = performance.now()
  const startNs = clock.nowNs()
  await until(() => {
    while (platform.step());
    clock.run(() => false, startNs + Math.floor((performance.now() - start) * 1e6))
    return done()
  }, what)
}

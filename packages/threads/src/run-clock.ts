/** Tries to read both clocks with nothing in between. */
const TRIES = 32

/** Two clocks of the same pace: one that all threads share, ns, and one that costs no memory to read, ms. */
export interface Clocks {
  readonly sharedNs: () => bigint
  readonly ownMs: () => number
}

const system: Clocks = { sharedNs: () => process.hrtime.bigint(), ownMs: () => performance.now() }

/**
 * The time of a run in whole ns since `startNs`, the same in all its threads. A thread that loses its processor between reading one clock
 * and the other would have another time than the rest: the closest pair of several counts.
 */
export function runClock(startNs: bigint, { sharedNs, ownMs }: Clocks = system): () => number {
  let offsetMs = 0
  let closest = Infinity
  for (let i = 0; i < TRIES; i++) {
    const before = sharedNs()
    const own = ownMs()
    const apart = Number(sharedNs() - before)
    if (apart >= closest) continue
    closest = apart
    offsetMs = Number(before - startNs) / 1e6 - own
  }
  return () => Math.floor((ownMs() + offsetMs) * 1e6)
}

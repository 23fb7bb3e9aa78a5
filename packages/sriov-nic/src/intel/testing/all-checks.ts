import fc from 'fast-check'
import { playAll } from './all-functions.js'
import type { AllPlaces, AllProgram, AllStep } from './all-functions.js'
import { busyLife } from './busy-steps.js'
import type { Side } from './side.js'
import { difference, makeTwin, stateDifference } from './twin.js'

/** Steps of one life of a chip; of these the busy ones in its middle, and those before. */
const LIFE = 500
const BUSY = 80
const BEFORE = 200

/** Steps after which a chip and its twin are compared, and the books and canaries looked at. */
const BATCH = 25

/** Steps in all: 100,000 unless the environment says otherwise. */
export const STEPS: number = Number(process.env['NPA_NIC_STEPS'] ?? 100_000)

function check(p: AllProgram, all: readonly Side[]): void {
  if (p.missing !== 0) throw new Error(`${p.missing} copies are missing`)
  for (const side of all) if (!side.intact) throw new Error(`memory around that of ${side.space.name} was touched`)
}

/** The twin comes to its end as well; what differs then. */
function end(twin: AllProgram, p: AllProgram): string {
  twin.far.open(Infinity)
  twin.run()
  const other = difference(twin, p)
  return other === '' ? stateDifference(twin.chip, p.chip) : other
}

/**
 * Whatever is done on all functions at once: nothing throws, no byte outside their memory moves, every copy is accounted for. At a random
 * moment, often a busy one, the chip's state goes to another chip, and both go on: what is read, written, signalled and sent is the same, and in
 * the end their states. The seed is printed on failure, and the step.
 */
export function standsEverything(create: () => AllProgram, places: AllPlaces, step: fc.Arbitrary<AllStep>): void {
  const some = (length: number) => fc.array(step, { minLength: length, maxLength: length, size: 'max' })
  const life = fc
    .tuple(some(BEFORE), busyLife(places, BUSY), some(LIFE - BEFORE - BUSY - 1))
    .map((parts) => parts.flat())
  const moments = fc.oneof(fc.nat(2 * LIFE), fc.integer({ min: BEFORE, max: BEFORE + BUSY }))
  fc.assert(
    fc.property(life, moments, (steps, moment) => {
      const p = create()
      let twin: AllProgram | undefined
      const all = [p.pf, ...p.vfs]
      for (const [i, one] of steps.entries()) {
        try {
          const seen = playAll(p, places, all, one)
          if (twin !== undefined && playAll(twin, places, [], one) !== seen) throw new Error('another value is read')
          if (i === moment) makeTwin((twin = create()), p)
          if (i % BATCH !== 0 && i !== moment) continue
          check(p, all)
          const other = twin === undefined ? '' : difference(twin, p)
          if (other !== '') throw new Error(`the restored chip differs: ${other}`)
        } catch (error) {
          throw new Error(`at step ${i} (state taken over after ${moment}): ${JSON.stringify(one)}`, { cause: error })
        }
      }
      p.far.open(Infinity)
      p.run()
      check(p, all)
      const other = twin === undefined ? '' : end(twin, p)
      if (other !== '') throw new Error(`the chip restored after step ${moment} differs in the end: ${other}`)
    }),
    { numRuns: Math.ceil(STEPS / LIFE), endOnFailure: true },
  )
}

import { test } from 'vitest'
import { STEPS, standsEverything } from '../intel/testing/all-checks.js'
import { allStep, PLACES } from './testing/all-places.js'
import { BareProgram } from './testing/bare-program.js'

/** A generous share of a minute for every 10,000 steps, for machines with other things to do. */
const TIMEOUT_MS = 60_000 + STEPS * 6

test(
  'all functions at once: nothing throws, no byte outside the spaces moves, every copy is accounted for, a restored chip goes on the same',
  () => {
    standsEverything(() => new BareProgram(), PLACES, allStep)
  },
  TIMEOUT_MS,
)

import { test } from 'vitest'
import { STEPS, standsEverything } from '../intel/testing/all-checks.js'
import type { AllProgram } from '../intel/testing/all-functions.js'
import { leavesOthersAlone } from '../intel/testing/bystander.js'
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

/** No queue may hold up others, and no pool forge addresses. */
function careful(p: AllProgram): void {
  for (let queue = 0; queue < 8; queue++) p.pf.write(0x2f04, 0x10001 | (queue << 8))
  p.pf.write(0x8200, 0xf)
}

test(
  'all functions at once: one that minds its own business gets and sends all its frames, in order and unchanged',
  () => {
    leavesOthersAlone(() => new BareProgram(), PLACES, allStep, careful, STEPS / 4)
  },
  TIMEOUT_MS,
)

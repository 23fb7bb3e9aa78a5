import { StateError } from '@npa/core'
import { describe, expect, test } from 'vitest'
import { goesOnTheSame, refusesOrGoesOn } from '../intel/testing/state-checks.js'
import { BareProgram } from './testing/bare-program.js'
import { BOOKS, noticesWhatIsForgotten } from '../intel/testing/forgotten.js'
import { standsHostileStates } from '../intel/testing/hostile-state.js'
import { PLACES } from './testing/all-places.js'
import { step } from './testing/hostile-steps.js'

/** Fields whose loss these lives do not show. */
const UNSEEN: readonly string[] = [
  ...BOOKS,
  // Not until a transmit packet buffer has been run through, or filled.
  'transmit/wire/buffer/write',
  'transmit/wire/buffer/wraps',
  'transmit/engine/ready',
  // These lives seldom have an interrupt due while the PF's are masked.
  'pf/msix/pending',
  // Pools from 32 on.
  'receive/buffer/frames/*/poolsHi',
  // Only packets that are coalesced, which the 82576 does not do, outlast a turn.
  'receive/engine/packets',
  'receive/engine/taken',
  'receive/engine/ends',
  'receive/engine/dirty',
  'receive/engine/coalesce/waiting',
  'receive/engine/coalesce/due',
  'time/deadlines/rxDma.coalesce',
  // The same from outside, wherever it is.
  'receive/engine/queues/place',
  'transmit/engine/queues/place',
]

/** A chip whose functions have rings. */
function busy(): BareProgram {
  const program = new BareProgram()
  program.pfRings()
  for (const vf of [0, 1, 2]) program.vfRings(vf).rx.post(6)
  return program
}

describe('the state of an 82576', () => {
  test('restored in another chip it goes on the same', () => {
    goesOnTheSame(busy, step, 20)
  })

  test('wrong in one place it is refused, or a state that there can be', () => {
    refusesOrGoesOn(busy, step, 8)
  })

  test('with anything in any of its places is refused, and nothing has changed, or stood', () => {
    expect(standsHostileStates(() => new BareProgram(3, { numVfsMax: 3 }), PLACES, 2).taken).toBeGreaterThan(0)
  }, 300_000)

  test('would be missed, each field of it', () => {
    noticesWhatIsForgotten(() => new BareProgram(3, { numVfsMax: 3 }), PLACES, UNSEEN, 100)
  }, 300_000)

  test('has no cause enabled that the chip has not', () => {
    const { chip } = busy()
    const saved = chip.save() as { interrupts: Record<string, unknown> }
    const wrong = { ...saved, interrupts: { ...saved.interrupts, causesEnabled: 2 } }
    expect(() => chip.restore(wrong)).toThrow(new StateError('inconsistent', 'interrupts.causesEnabled'))
  })

  test('is not that of a chip with other options', () => {
    const saved = busy().chip.save() as Record<string, unknown>
    const { chip } = busy()
    for (const field of ['device', 'version', 'port', 'ports', 'vfs', 'mac', 'embeddedSwitch', 'dmaLatencyNs'])
      expect(() => chip.restore({ ...saved, [field]: 'other' })).toThrow(new StateError('identity', field))
  })
})

import { StateError } from '@npa/core'
import { describe, expect, test } from 'vitest'
import { goesOnTheSame, refusesOrGoesOn } from '../intel/testing/state-checks.js'
import { BareProgram } from './testing/bare-program.js'
import { step } from './testing/hostile-steps.js'

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

  test('is not that of a chip with other options', () => {
    const saved = busy().chip.save() as Record<string, unknown>
    const { chip } = busy()
    for (const field of ['device', 'version', 'port', 'ports', 'vfs', 'mac', 'embeddedSwitch', 'dmaLatencyNs'])
      expect(() => chip.restore({ ...saved, [field]: 'other' })).toThrow(new StateError('identity', field))
  })
})

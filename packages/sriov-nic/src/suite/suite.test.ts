import { describe, expect, test } from 'vitest'
import { registerSuite } from './index.js'
import { OWN_CHIPS } from './testing/own-chips.js'

for (const chip of OWN_CHIPS) {
  describe(`our ${chip.family.name}`, () => {
    for (const check of registerSuite(chip)) {
      test.skipIf(check.skip !== undefined)(`${check.name}, ${check.section}`, () => check.run())
    }
  })
}

describe('a skip', () => {
  const [chip] = OWN_CHIPS
  const [{ name }] = registerSuite(chip)

  test('has its reason, and the check does not run', async () => {
    const [check] = registerSuite({ ...chip, skips: { [name]: 'no bus' } })
    expect(check.skip).toBe('no bus')
    await expect(check.run()).rejects.toThrow('no bus')
  })

  test('of a check that there is not is an error', () => {
    expect(() => registerSuite({ ...chip, skips: { 'EEPROM: smell': 'no nose' } })).toThrow('EEPROM: smell')
  })
})

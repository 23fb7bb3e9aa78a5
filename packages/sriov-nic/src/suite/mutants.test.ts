import { describe, expect, test } from 'vitest'
import { CHAPTERS, Mismatch, registerSuite } from './index.js'
import { mutated, MUTANTS } from './testing/mutants.js'
import { OWN_CHIPS } from './testing/own-chips.js'

for (const chip of OWN_CHIPS) {
  describe(`a faulty ${chip.family.name} is found out`, () => {
    test.each(MUTANTS.filter(({ only }) => only === undefined || only === chip.family.name))(
      '$fault: $chapter',
      async (mutant) => {
        const checks = registerSuite(mutated(chip, mutant)).filter(({ chapter }) => chapter === mutant.chapter)
        const answers = await Promise.allSettled(checks.map((check) => check.run()))
        const reasons = answers.flatMap((answer): unknown[] => (answer.status === 'rejected' ? [answer.reason] : []))
        expect(reasons.length).toBeGreaterThan(0)
        for (const reason of reasons) expect(reason).toBeInstanceOf(Mismatch)
      },
    )
  })
}

test('every chapter finds something', () => {
  const found = new Set(MUTANTS.map(({ chapter }) => chapter))
  expect(CHAPTERS.map(({ name }) => name).filter((name) => !found.has(name))).toEqual([])
})

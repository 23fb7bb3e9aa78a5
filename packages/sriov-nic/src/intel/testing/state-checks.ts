import { StateError } from '@npa/core'
import fc from 'fast-check'
import { expect } from 'vitest'
import type { BenchChip, ChipBench } from './chip-bench.js'
import { playHostile } from './hostile.js'
import type { Step } from './hostile.js'
import { mutate, mutation } from './mutation.js'
import { difference, makeTwin, stateDifference } from './twin.js'

type Bench = ChipBench<BenchChip>

function play(bench: Bench, steps: readonly Step[]): void {
  for (const one of steps) playHostile(bench, [], one)
}

/** Whatever has happened to a chip, another one that takes over its state goes on as it does. */
export function goesOnTheSame(create: () => Bench, step: fc.Arbitrary<Step>, numRuns: number): void {
  const steps = fc.array(step, { minLength: 20, maxLength: 120 })
  fc.assert(
    fc.property(steps, fc.array(step, { maxLength: 30 }), steps, (before, other, after) => {
      const first = create()
      play(first, before)
      const second = create()
      play(second, other)
      makeTwin(second, first)
      expect(stateDifference(second.chip, first.chip)).toBe('')
      play(first, after)
      play(second, after)
      expect(difference(second, first)).toBe('')
      expect(stateDifference(second.chip, first.chip)).toBe('')
    }),
    { numRuns, endOnFailure: true },
  )
}

/** Takes over a state, or is refused it; then nothing has changed. */
function offer(bench: Bench, state: unknown): boolean {
  const before = JSON.stringify(bench.chip.save())
  try {
    bench.chip.restore(state)
    return true
  } catch (error) {
    if (!(error instanceof StateError)) throw error
    expect(JSON.stringify(bench.chip.save())).toBe(before)
    return false
  }
}

/**
 * A state that is wrong in one place is refused, or it is one that a chip could have: then that is what the chip's state is now, and it
 * goes on.
 */
export function refusesOrGoesOn(create: () => Bench, step: fc.Arbitrary<Step>, numRuns: number): void {
  const steps = fc.array(step, { minLength: 20, maxLength: 100 })
  fc.assert(
    fc.property(steps, fc.array(mutation, { minLength: 20, maxLength: 20 }), steps, (before, mutations, after) => {
      const bench = create()
      const all = [bench.pf, ...bench.vfs]
      play(bench, before)
      const saved: unknown = bench.chip.save()
      for (const one of mutations) {
        const state = structuredClone(saved)
        const path = mutate(state, one)
        if (!offer(bench, state)) continue
        // A deadline that has passed is due now.
        if (!path.startsWith('.time')) expect(JSON.stringify(bench.chip.save())).toBe(JSON.stringify(state))
        for (const vf of bench.vfs) if (!all.includes(vf)) all.push(vf)
        play(bench, after)
        for (const vf of bench.vfs) if (!all.includes(vf)) all.push(vf)
        expect([bench.missing, all.every((side) => side.intact)]).toEqual([0, true])
      }
    }),
    { numRuns, endOnFailure: true },
  )
}

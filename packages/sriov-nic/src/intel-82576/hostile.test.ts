import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { frameOf, macOf } from '../intel/testing/frames.js'
import { playHostile } from '../intel/testing/hostile.js'
import { BareProgram, Reg } from './testing/bare-program.js'
import { step } from './testing/hostile-steps.js'

describe('whatever is written to registers, rings and configuration space', () => {
  test('nothing throws, no byte outside the spaces moves, every copy is accounted for', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 120 }), (steps) => {
        const p = new BareProgram()
        const all = [p.pf, ...p.vfs]
        p.pfRings()
        for (const vf of [0, 1, 2]) p.vfRings(vf).rx.post(6)
        for (const one of steps) {
          playHostile(p, all, one)
          expect(p.missing).toBe(0)
        }
        p.far.open(Infinity)
        p.run()
        expect(p.missing).toBe(0)
        expect(all.every((one) => one.intact)).toBe(true)
      }),
      { numRuns: 150 },
    )
  })

  test('a well-behaved neighbour goes on while one virtual function writes nonsense into its own registers', () => {
    fc.assert(
      fc.property(
        fc.array(
          step.filter(
            (one) =>
              (one.kind === 'vf' && one.vf === 0) || (one.kind === 'memory' && one.side === 0) || one.kind === 'run',
          ),
          { maxLength: 80 },
        ),
        (steps) => {
          const p = new BareProgram()
          // As a careful driver of the PF does: no queue may hold up others, and no pool may forge addresses.
          p.pf.write(Reg.qde, 0xffff)
          p.pf.write(Reg.dtxswc, 0x8000000f)
          p.vfRings(0).rx.post(6)
          const good = p.vfRings(1)
          good.rx.post(16)
          p.run()
          for (const one of steps) playHostile(p, [], one)
          p.run()
          good.rx.take()
          const before = p.far.frames.length
          good.tx.send(frameOf(macOf(77), macOf(1), 100))
          p.far.put(frameOf(macOf(1), macOf(77), 200))
          p.run()
          const lengths = good.rx.take().map((got) => got.bytes.length)
          expect([p.far.frames.length - before, lengths[lengths.length - 1], p.missing]).toEqual([1, 200, 0])
        },
      ),
      { numRuns: 100 },
    )
  })
})

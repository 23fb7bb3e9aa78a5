import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { modeDiagram } from './mode-diagram.js'
import { modeTable } from './mode-machine.js'
import type { Mode, ModeEvent } from './mode-machine.js'

const modes = Object.keys(modeTable) as Mode[]

function reach(from: Mode, events: readonly ModeEvent[]): Set<Mode> {
  const seen = new Set<Mode>([from])
  for (const mode of seen) {
    for (const event of events) {
      const step = modeTable[mode][event]
      if (step !== undefined) seen.add(step.next)
    }
  }
  return seen
}

const everything = [...new Set(modes.flatMap((mode) => Object.keys(modeTable[mode]) as ModeEvent[]))]

describe('mode machine', () => {
  test('every state can be reached from emulation, and leads back to it', () => {
    expect([...reach('emulated', everything)].sort()).toEqual([...modes].sort())
    for (const mode of modes) expect(reach(mode, everything)).toContain('emulated')
  })

  test('a guest that says nothing keeps no VF: silence and the deadline end in emulation or with the VF revoked', () => {
    const withoutGuest: ModeEvent[] = ['acquired', 'initialised', 'drained', 'quiet', 'failed', 'deadline', 'force']
    for (const mode of modes) {
      const ends = reach(mode, withoutGuest)
      expect(ends.has('emulated') || ends.has('revoked') || mode === 'resuming').toBe(true)
    }
    for (const mode of ['offered', 'ready', 'quiesced'] as const) expect(modeTable[mode].deadline).toBeDefined()
  })

  test('force is answered, at once or later, wherever the guest has a VF', () => {
    for (const mode of modes) {
      const noVf: Mode[] = ['emulated', 'revoked', 'resuming']
      expect(modeTable[mode].force !== undefined).toBe(!noVf.includes(mode))
    }
  })

  test('every way out before the filters move is the undo', () => {
    for (const mode of ['acquiring', 'offered', 'initialising', 'ready'] as const) {
      for (const event of ['leave', 'force', 'failed', 'deadline', 'reset'] as const) {
        expect(modeTable[mode][event]).toEqual({ next: 'emulated', action: 'withdraw' })
      }
    }
  })

  test('the diagram in the documentation is the table', () => {
    const page = readFileSync(new URL('../../../docs/mode-machine.md', import.meta.url), 'utf8')
    expect(page).toContain(modeDiagram())
  })
})

import { COST_KINDS } from '@npa/core'
import type { CostKind, CostRole } from '@npa/core'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CostLedger } from './ledger.js'
import { COST_PROFILES } from './profiles.js'
import type { CostProfile } from './profiles.js'

const roles: CostRole[] = ['guest', 'vmm', 'vmkernel']

function ledgerOf(counts: readonly number[], profile: CostProfile): CostLedger {
  const ledger = new CostLedger(profile)
  COST_KINDS.forEach((kind, i) => ledger.charge(kind, counts[i]))
  return ledger
}

function withCycles(profile: CostProfile, kind: CostKind, cycles: number): CostProfile {
  return { ...profile, [kind]: { ...profile[kind], cycles } }
}

describe('a ledger', () => {
  test('is empty at first', () => {
    const ledger = new CostLedger(COST_PROFILES.nehalem)
    for (const kind of COST_KINDS) expect(ledger.count(kind)).toBe(0)
    for (const role of roles) expect(ledger.cycles(role)).toBe(0)
  })

  test('adds up what is charged', () => {
    const ledger = new CostLedger(COST_PROFILES.nehalem)
    ledger.charge('vmExit', 2)
    ledger.charge('vmExit', 3)
    ledger.charge('copyCall', 1)
    ledger.charge('copyByte', 1514)
    expect(ledger.count('vmExit')).toBe(5)
    expect(ledger.cycles('vmm')).toBe(5 * 2000)
    expect(ledger.cycles('vmkernel')).toBe(60 + 1514 * 0.25)
    expect(ledger.cycles('guest')).toBe(0)
  })

  const counts = fc.array(fc.nat(1e6), { minLength: COST_KINDS.length, maxLength: COST_KINDS.length })

  test('a constant doubled adds exactly its own cycles, to its own role', () => {
    fc.assert(
      fc.property(counts, fc.constantFrom(...COST_KINDS), (given, kind) => {
        const profile = COST_PROFILES.nehalem
        const { cycles, role } = profile[kind]
        const before = ledgerOf(given, profile)
        const after = ledgerOf(given, withCycles(profile, kind, 2 * cycles))
        for (const each of roles) {
          const more = each === role ? before.count(kind) * cycles : 0
          expect(after.cycles(each) - before.cycles(each)).toBe(more)
        }
      }),
    )
  })

  test('the cycles of all roles are the events times the profile', () => {
    fc.assert(
      fc.property(counts, (given) => {
        const ledger = ledgerOf(given, COST_PROFILES.nehalem)
        const all = COST_KINDS.reduce((sum, kind, i) => sum + given[i] * COST_PROFILES.nehalem[kind].cycles, 0)
        expect(roles.reduce((sum, role) => sum + ledger.cycles(role), 0)).toBe(all)
      }),
    )
  })
})

describe.each(Object.entries(COST_PROFILES))('profile %s', (_, profile: CostProfile) => {
  test('has a cost that is no less than nothing for every kind of event, and no other', () => {
    expect(Object.keys(profile).sort()).toEqual([...COST_KINDS].sort())
    for (const { cycles } of Object.values(profile)) expect(cycles).toBeGreaterThanOrEqual(0)
  })

  test("the guest's own work is the guest's, an exit the monitor's, a copy the kernel's", () => {
    for (const kind of COST_KINDS) expect(profile[kind].role === 'guest').toBe(kind.startsWith('guest'))
    expect(profile.vmExit.role).toBe('vmm')
    expect(profile.copyByte.role).toBe('vmkernel')
  })

  test('what NPA takes out of the path of a frame costs something', () => {
    for (const kind of [
      'vmExit',
      'interruptInjected',
      'emulatedDescriptor',
      'copyCall',
      'copyByte',
      'switchFrame',
    ] as const)
      expect(profile[kind].cycles).toBeGreaterThan(0)
  })
})

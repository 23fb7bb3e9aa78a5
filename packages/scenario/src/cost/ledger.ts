import { COST_KINDS } from '@npa/core'
import type { CostKind, CostMeter, CostRole } from '@npa/core'
import type { CostProfile } from './profiles.js'

/** Events by kind, and what they come to under a profile. */
export class CostLedger implements CostMeter {
  readonly #profile: CostProfile
  readonly #counts = new Map<CostKind, number>(COST_KINDS.map((kind) => [kind, 0]))

  constructor(profile: CostProfile) {
    this.#profile = profile
  }

  charge(kind: CostKind, count: number): void {
    this.#counts.set(kind, this.count(kind) + count)
  }

  /** Events of a kind so far. */
  count(kind: CostKind): number {
    return this.#counts.get(kind) ?? 0
  }

  /** Cycles of a role so far. */
  cycles(role: CostRole): number {
    let sum = 0
    for (const kind of COST_KINDS) {
      const cost = this.#profile[kind]
      if (cost.role === role) sum += cost.cycles * this.count(kind)
    }
    return sum
  }
}

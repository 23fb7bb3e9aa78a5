import { checkPhases } from './check-phases.js'
import { checkHosts, checkLinks, checkMemory } from './check-topology.js'
import type { Refuse } from './refuse.js'
import { scenarioShape } from './scenario-shape.js'
import type { Scenario } from './scenario-shape.js'

/** A scenario, version 0: as it stands in a YAML file (input), and complete (output). */
export const scenarioSchema: typeof scenarioShape = scenarioShape.superRefine((scenario, context) => {
  const refuse: Refuse = (path, message) => {
    context.addIssue({ code: 'custom', path, message })
  }
  checkHosts(scenario, refuse)
  checkLinks(scenario, refuse)
  checkMemory(scenario, refuse)
  checkPhases(scenario, refuse)
})

export type { Scenario } from './scenario-shape.js'
export type PhaseSpec = Scenario['phases'][number]
export type StreamSpec = NonNullable<PhaseSpec['stream']>
export type SwitchSpec = NonNullable<PhaseSpec['switch']>

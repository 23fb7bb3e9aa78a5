import { parseYaml } from './parse-yaml.js'
import { scenarioSchema } from './scenario-schema.js'
import type { Scenario } from './scenario-schema.js'

/** What is wrong with a scenario: one line that names file, line and column, and key. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError'
}

/** Reads a scenario. `file` is only named in errors. Throws a `ScenarioError` for the first thing that is wrong. */
export function parseScenario(text: string, file: string): Scenario {
  return parseYaml(text, file, 'scenario', scenarioSchema, (message) => new ScenarioError(message))
}

import { z } from 'zod'
import { scenarioShape } from './scenario-shape.js'

/** The JSON Schema of scenario files, for editors. It has no say on what joins several places, such as names that must be unique. */
export function scenarioJsonSchema(): Record<string, unknown> {
  return { title: 'Scenario of npa-sim', ...z.toJSONSchema(scenarioShape, { io: 'input', target: 'draft-7' }) }
}

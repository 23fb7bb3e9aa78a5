import { isNode, LineCounter, parseDocument } from 'yaml'
import type { Document } from 'yaml'
import { scenarioSchema } from './scenario-schema.js'
import type { Scenario } from './scenario-schema.js'

/** What is wrong with a scenario: one line that names file, place and key. */
export class ScenarioError extends Error {
  override readonly name = 'ScenarioError'
}

/** Reads a scenario. `file` is only named in errors. Throws a `ScenarioError` for the first thing that is wrong. */
export function parseScenario(text: string, file: string): Scenario {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines })
  const broken = document.errors.at(0)
  if (broken !== undefined) {
    const { line, col } = lines.linePos(broken.pos[0])
    throw new ScenarioError(`${file}:${line}:${col}: ${broken.message.split('\n')[0].replace(/ at line .*$/, '')}`)
  }
  const result = scenarioSchema.safeParse(document.toJS())
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const path = [...issue.path]
  if (issue.code === 'unrecognized_keys') path.push(issue.keys[0])
  const { line, col } = lines.linePos(offsetOf(document, path))
  const what = issue.code === 'unrecognized_keys' ? 'this key is not known' : issue.message
  throw new ScenarioError(`${file}:${line}:${col}: ${path.map(String).join('.') || 'scenario'}: ${what}`)
}

/** Where the deepest part of a path that is in the file starts; for a key, the key itself. */
function offsetOf(document: Document, path: readonly PropertyKey[]): number {
  for (let length = path.length; length >= 0; length--) {
    const node: unknown = document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return node.range[0]
  }
  return 0
}

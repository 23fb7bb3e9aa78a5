import { LineCounter, parseDocument } from 'yaml'
import type { Document } from 'yaml'
import { z } from 'zod'
import { offsetOf } from './offset-of.js'

/**
 * Reads a YAML file that a schema describes; `file` and `what` it is are only named in errors. Throws what `error` makes of one line that names file,
 * line and column, and key: the first thing that is wrong.
 */
export function parseYaml<T>(
  text: string,
  file: string,
  what: string,
  schema: z.ZodType<T>,
  error: (message: string) => Error,
): T {
  const lines = new LineCounter()
  const fail = (offset: number, message: string): never => {
    const { line, col } = lines.linePos(offset)
    throw error(`${file}:${line}:${col}: ${message.replace(/\s+/g, ' ')}`)
  }
  const document = parse(text, what, lines, fail)
  const data = toData(document, fail)
  const result = schema.safeParse(data)
  if (result.success) return result.data
  const found = result.error.issues.flatMap(faults).map((fault) => ({ ...fault, at: offsetOf(document, fault.path) }))
  // a misspelt key is also a missing one: say what is there, not what is not
  const first = found.sort((a, b) => rank(a, data) - rank(b, data) || a.at - b.at)[0]
  const message = absent(data, first.path) ? 'is missing' : first.message
  return fail(first.at, `${z.core.toDotPath(first.path) || what}: ${message}`)
}

type Fail = (offset: number, message: string) => never

function parse(text: string, what: string, lines: LineCounter, fail: Fail): Document {
  const document = attempt(fail, () =>
    parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'error' }),
  )
  const broken = document.errors.at(0)
  if (broken !== undefined) {
    const [at] = broken.pos
    const key = broken.code === 'DUPLICATE_KEY' ? /^[^\s:]*/.exec(text.slice(at))?.[0] : undefined
    fail(at, key === undefined ? `not YAML: ${broken.message}` : `${key}: this key occurs twice`)
  }
  if (document.contents === null) fail(0, `there is no ${what} in this file`)
  return document
}

/** Aliases can lead nowhere or, nested, to billions of values: the YAML package throws for both. */
function toData(document: Document, fail: Fail): unknown {
  return attempt(fail, (): unknown => document.toJS())
}

function attempt<T>(fail: Fail, work: () => T): T {
  try {
    return work()
  } catch (error) {
    return fail(0, `not YAML that can be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}

interface Fault {
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly unknownKey: boolean
}

function faults(issue: z.core.$ZodIssue): Fault[] {
  const { path, message } = issue
  if (issue.code !== 'unrecognized_keys') return [{ path, message, unknownKey: false }]
  return issue.keys.map((key) => ({ path: [...path, key], message, unknownKey: true }))
}

function rank(fault: Fault, data: unknown): number {
  if (fault.unknownKey) return 0
  return absent(data, fault.path) ? 2 : 1
}

/** There is nothing at a path. */
function absent(data: unknown, path: readonly PropertyKey[]): boolean {
  let value = data
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return true
    value = (value as Record<PropertyKey, unknown>)[key]
  }
  return value === undefined
}

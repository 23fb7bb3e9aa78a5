import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { parseScenario, ScenarioError } from '@npa/scenario'
import type { Scenario } from '@npa/scenario'
import { checkCapture } from './check-capture.js'
import { reason, UserError } from './user-error.js'

/** A scenario and the captures that it replays, by the names it calls them; everything is checked. */
export interface Loaded {
  readonly scenario: Scenario
  readonly captures: ReadonlyMap<string, Uint8Array>
  /** Paths of all files that were read. */
  readonly files: readonly string[]
}

/** Throws a `UserError` that names the file, and the key or the byte. */
export function loadScenario(path: string): Loaded {
  const scenario = parse(path)
  const captures = new Map<string, Uint8Array>()
  const files = [path]
  scenario.phases.forEach(({ replay }, p) => {
    replay?.forEach((name, r) => {
      if (captures.has(name)) return
      const file = isAbsolute(name) ? name : join(dirname(path), name)
      const bytes = read(file, `${path}: phases[${p}].replay[${r}]: `)
      checkCapture(file, bytes, scenario)
      captures.set(name, bytes)
      files.push(file)
    })
  })
  return { scenario, captures, files }
}

function parse(path: string): Scenario {
  try {
    return parseScenario(text(path), path)
  } catch (error) {
    if (error instanceof ScenarioError) throw new UserError(error.message)
    throw error
  }
}

function text(path: string): string {
  const bytes = read(path, '')
  const nul = bytes.indexOf(0)
  if (nul >= 0) throw new UserError(`${path}: byte ${nul}: a zero; expected YAML text`)
  const loose = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
  // the first replacement character that the decoder put in stands where the bytes stop being UTF-8
  if (!Buffer.from(loose).equals(bytes)) {
    const at = Buffer.from(loose).findIndex((byte, i) => byte !== bytes[i])
    throw new UserError(`${path}: byte ${at}: not UTF-8; expected YAML text`)
  }
  return loose
}

function read(path: string, where: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw new UserError(`${where}${path}: cannot be read: ${reason(error, 'file')}`)
  }
}

import type { Bench } from './bench.js'

/** A question, as a chapter asks it. */
export interface Question {
  readonly name: string
  /** Sections of the families' manuals that say so. */
  readonly section: string
  /** Families that have what it asks for; all unless given. */
  readonly only?: readonly string[]
  /** Throws a `Mismatch` when the chip does otherwise. */
  readonly ask: (bench: Bench) => Promise<void>
}

/** Questions about one part of a chip. */
export interface Chapter {
  readonly name: string
  readonly questions: readonly Question[]
}

/** A question that can be put to one chip. */
export interface Check {
  /** `chapter: check`. */
  readonly name: string
  readonly chapter: string
  /** The manual's section. */
  readonly section: string
  /** Why it is not to be run; `run` refuses then. */
  readonly skip?: string
  /** Starts a chip, puts the question, closes the chip. Rejects with a `Mismatch` when the answer is wrong. */
  run(): Promise<void>
}

/** The chip does not do what the manual says. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch'
}

/** Throws a `Mismatch` unless both are the same: numbers, booleans, strings, bytes, and lists of them. */
export function same(what: string, actual: unknown, expected: unknown): void {
  const [is, should] = [text(actual), text(expected)]
  if (is !== should) throw new Mismatch(`${what}: ${is} instead of ${should}`)
}

function text(value: unknown): string {
  if (typeof value === 'number') return value < 0 || value > 9 ? `0x${(value >>> 0).toString(16)}` : String(value)
  if (value instanceof Uint8Array)
    return `<${Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join(' ')}>`
  if (Array.isArray(value)) return `[${value.map(text).join(', ')}]`
  return String(value)
}

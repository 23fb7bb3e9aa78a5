import { StateError } from './state-io.js'
import type { StateArray, StateIo, StateRefusal } from './state-io.js'

/**
 * Restores: every field is looked up in untrusted data. Only own properties count, nothing is read that no field asks for, and a
 * field that nobody asks for is refused.
 */
export class StateReader implements StateIo {
  readonly restoring = true
  readonly #path: string
  readonly #object: object
  readonly #asked = new Set<string>()
  readonly #trusted: boolean

  /** What is `trusted` was saved by this very device: it is taken whatever it is, also where the device has left a range meanwhile. */
  constructor(untrusted: unknown, path = '', trusted = false) {
    this.#path = path
    this.#trusted = trusted
    if (typeof untrusted !== 'object' || untrusted === null || Array.isArray(untrusted)) this.#refuse('type', '')
    this.#object = untrusted as object
  }

  integer(name: string, _now: number, least: number, most: number): number {
    const value = this.#number(this.#take(name), name)
    if (!Number.isInteger(value) || value < least || value > most) this.#refuse('range', name)
    return value
  }

  boolean(name: string): boolean {
    const value = this.#take(name)
    if (typeof value !== 'boolean') this.#refuse('type', name)
    return value === true
  }

  text(name: string, _now: string, longest: number): string {
    const value = this.#take(name)
    if (typeof value !== 'string') this.#refuse('type', name)
    const text = value as string
    if (text.length > longest) this.#refuse('length', name)
    if (!/^[\w.-]+$/.test(text)) this.#refuse('range', name)
    return text
  }

  time(name: string): number {
    const value = this.#take(name)
    if (value === null) return Infinity
    const time = this.#number(value, name)
    // Clocks have no fractions: one that wakes at such a time would have them from then on.
    if (!Number.isSafeInteger(time) || time < 0) this.#refuse('range', name)
    return time
  }

  integers(name: string, _now: readonly number[], longest: number, least: number, most: number): readonly number[] {
    const values = this.#list(name, longest)
    for (let i = 0; i < values.length; i++) {
      const value = this.#number(values[i], `${name}.${i}`)
      if (!Number.isInteger(value) || value < least || value > most) this.#refuse('range', `${name}.${i}`)
    }
    return values as number[]
  }

  column(name: string, values: StateArray, least: number, most: number, rest = 0, fractions = false): void {
    const pairs = this.#list(name, 2 * values.length)
    if (pairs.length % 2 !== 0) this.#refuse('length', name)
    values.fill(rest)
    let after = -1
    for (let i = 0; i < pairs.length; i += 2) {
      const at = this.#number(pairs[i], `${name}.${i}`)
      // Ascending: no element is named twice.
      if (!Number.isInteger(at) || at <= after || at >= values.length) this.#refuse('range', `${name}.${i}`)
      const value = this.#number(pairs[i + 1], `${name}.${i + 1}`)
      if (!(value >= least && value <= most) || value === rest || !(fractions || Number.isInteger(value)))
        this.#refuse('range', `${name}.${i + 1}`)
      values[at] = value
      after = at
    }
  }

  bytes(name: string, bytes: Uint8Array): void {
    const text = this.#take(name)
    if (typeof text !== 'string') this.#refuse('type', name)
    const hex = String(text)
    if (hex.length !== 2 * bytes.length) this.#refuse('length', name)
    for (let i = 0; i < bytes.length; i++) {
      const high = digit(hex.charCodeAt(2 * i))
      const low = digit(hex.charCodeAt(2 * i + 1))
      if (high < 0 || low < 0) this.#refuse('type', name)
      bytes[i] = high * 16 + low
    }
  }

  list(name: string, _count: number, longest: number, item: (io: StateIo, index: number) => void): number {
    const items = this.#list(name, longest)
    for (let index = 0; index < items.length; index++) {
      const reader = new StateReader(items[index], this.#at(`${name}.${index}`), this.#trusted)
      item(reader, index)
      reader.end()
    }
    return items.length
  }

  part(name: string, fields: (io: StateIo) => void): void {
    const reader = new StateReader(this.#take(name), this.#at(name), this.#trusted)
    fields(reader)
    reader.end()
  }

  identity(name: string, value: string | number | boolean): void {
    if (this.#take(name) !== value) this.#refuse('identity', name)
  }

  consistent(name: string, holds: boolean): void {
    if (!holds) this.#refuse('inconsistent', name)
  }

  /** Refuses what nobody asked for. */
  end(): void {
    for (const name of Object.keys(this.#object)) if (!this.#asked.has(name)) this.#refuse('unknown', name)
  }

  #take(name: string): unknown {
    this.#asked.add(name)
    if (!Object.hasOwn(this.#object, name)) this.#refuse('missing', name)
    return (this.#object as Record<string, unknown>)[name]
  }

  #list(name: string, longest: number): readonly unknown[] {
    const value = this.#take(name)
    if (!Array.isArray(value)) this.#refuse('type', name)
    const list = value as readonly unknown[]
    if (list.length > longest) this.#refuse('length', name)
    return list
  }

  #number(value: unknown, name: string): number {
    if (typeof value !== 'number') this.#refuse('type', name)
    return value as number
  }

  #at(name: string): string {
    return this.#path === '' ? name : name === '' ? this.#path : `${this.#path}.${name}`
  }

  #refuse(reason: StateRefusal, name: string): void {
    if (!this.#trusted) throw new StateError(reason, this.#at(name))
  }
}

/** The value of a lower-case hexadecimal digit, -1 for anything else. */
function digit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48
  return code >= 97 && code <= 102 ? code - 87 : -1
}

import type { StateIo } from './state-io.js'
import { StateReader } from './state-reader.js'
import { StateWriter } from './state-writer.js'

/** What `fields` walks over, as plain data. */
export function saveState(fields: (io: StateIo) => void): Record<string, unknown> {
  const writer = new StateWriter()
  fields(writer)
  return writer.fields
}

/**
 * Takes a state over through the same walk. `fields` must have no effect beyond what it walks over: when the data are refused, all of
 * that is put back as it was and the `StateError` is thrown on.
 */
export function restoreState(untrusted: unknown, fields: (io: StateIo) => void): void {
  const before = saveState(fields)
  try {
    const reader = new StateReader(untrusted)
    fields(reader)
    reader.end()
  } catch (error) {
    fields(new StateReader(before, '', true))
    throw error
  }
}

/** Licences, as SPDX expressions to the letter, whose code may run inside a driver under GPL-2.0. */
const ACCEPTED: ReadonlySet<string> = new Set([
  'GPL-2.0-only',
  'GPL-2.0-or-later',
  'MIT',
  'MIT OR GPL-2.0-only',
  'BSD-2-Clause',
  'BSD-3-Clause',
])

/** The policy of a driver that was given none; one that understands whole expressions can be injected. */
export function acceptGplCompatible(expression: string): boolean {
  return ACCEPTED.has(expression)
}

import type { RegisterSpec } from './register-file.js'

/** Names of registers by byte offset, as the manual has them; those of which there are several with their number. */
export type RegisterNames = ReadonlyMap<number, string>

/** The names of a table, at every place where a register stands. */
export function namesOf(specs: readonly RegisterSpec[]): RegisterNames {
  const names = new Map<number, string>()
  for (const spec of specs) {
    const { name, count = 1, stride = 4, rest, aliases = [] } = spec
    const called = (n: number): string => (count === 1 ? name : `${name}(${n})`)
    for (let n = 0; n < count; n++) {
      const moved = rest !== undefined && n >= rest.first
      names.set(moved ? rest.offset + (n - rest.first) * stride : spec.offset + n * stride, called(n))
    }
    for (const alias of aliases) {
      for (let i = 0; i < alias.count; i++) {
        names.set(alias.offset + i * alias.stride, called(i * (alias.step ?? 1)))
      }
    }
  }
  return names
}

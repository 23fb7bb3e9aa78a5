import fc from 'fast-check'

/** How one place of a saved state is changed: which of its places, counted from the top, and how. */
export interface Mutation {
  readonly place: number
  readonly how: 'replace' | 'remove' | 'more' | 'repeat'
  readonly by: unknown
  readonly delta: number
}

export const mutation: fc.Arbitrary<Mutation> = fc.record({
  place: fc.nat(0x7fffffff),
  how: fc.constantFrom('more' as const, 'more' as const, 'replace' as const, 'remove' as const, 'repeat' as const),
  by: fc.oneof(
    fc.constantFrom<unknown>(NaN, Infinity, -Infinity, -0, -1, 2 ** 53, 1e300, 0.5, null, undefined, '', '00', true),
    fc.constantFrom<unknown>([], {}, [[]], new Array(100_000).fill(1), { __proto__: null, constructor: 1 }),
    fc.anything(),
  ),
  delta: fc.oneof(fc.constantFrom(1, -1, 32, 64, -64, 0x80000000), fc.integer()),
})

interface Place {
  readonly holder: Record<string, unknown>
  readonly key: string
  readonly path: string
}

/** Changes a saved state at one place; its path. */
export function mutate(state: unknown, { place, how, by, delta }: Mutation): string {
  const places: Place[] = []
  collect(state as Record<string, unknown>, '', places)
  const { holder, key, path } = places[place % places.length]
  const now = holder[key]
  if (how === 'remove') {
    if (Array.isArray(holder)) holder.splice(Number(key), 1)
    else Reflect.deleteProperty(holder, key)
  } else if (how === 'repeat' && Array.isArray(holder)) holder.splice(Number(key), 0, structuredClone(now))
  else if (how === 'more' && typeof now === 'number') holder[key] = now + delta
  else if (how === 'more' && typeof now === 'string') holder[key] = `${now.slice(1)}a`
  else if (how === 'more' && typeof now === 'boolean') holder[key] = !now
  else holder[key] = by
  return path
}

function collect(holder: Record<string, unknown>, path: string, places: Place[]): void {
  for (const [key, value] of Object.entries(holder)) {
    places.push({ holder, key, path: `${path}.${key}` })
    if (typeof value === 'object' && value !== null) collect(value as Record<string, unknown>, `${path}.${key}`, places)
  }
}
